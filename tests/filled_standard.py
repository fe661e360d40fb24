"""A standard as a bureau fills it in. Every number is made up for the tests; none is of any standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.adapters.danger_tables import read_danger_table
from firewatch.danger import SumTable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FICTITIOUS", "fictitious_table", "write_fictitious"]

FICTITIOUS = """
scheme = "TEST 1-2026"
name_zh = "虚构"
name_en = "fictitious, for tests: no standard's numbers"
status = "filled"
dry_below_mm = 0.5

[copy]
document = "none"
filled_by = "A"
checked_by = "B"
filled_on = 2026-01-01

[grades]
limits = [1, 2, 3, 4]
limit_in = "lower"
page = "none"

[[parts]]
name = "heat"
role = "added"
reading = "max_temp_c"
unit = "deg C"
limits = [10, 20]
points = [0, 1, 2]
limit_in = "lower"
page = "none"

[[parts]]
name = "spell"
role = "added"
reading = "dry_days"
unit = "d"
limits = [1, 3]
points = [0, 2, 3]
limit_in = "upper"
page = "none"

[[parts]]
name = "damp"
role = "factor"
reading = "min_rh_pct"
unit = "%"
limits = [80]
points = [1, 0]
limit_in = "upper"
page = "none"
"""

_WET = """
[[parts]]
name = "wet"
role = "subtracted"
reading = "rh_pct"
unit = "%"
limits = [95]
points = [0, 0.5]
limit_in = "upper"
page = "none"
"""


def write_fictitious(path: Path) -> Path:
    """Write the table with a part that is taken off, and one that is still to be confirmed; return the path."""
    text = FICTITIOUS.replace('status = "filled"', 'status = "filled"\nto_be_confirmed = ["heat"]')
    path.write_text(text + _WET, encoding="utf-8")
    return path


def fictitious_table(folder: Path) -> SumTable:
    """Return the table that `write_fictitious` writes."""
    table = read_danger_table(write_fictitious(folder / "fictitious.toml"))
    assert isinstance(table, SumTable)
    return table
