"""A table that contradicts itself is refused when it is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger import DangerRules, EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.errors import InvalidValue


@pytest.fixture(scope="module")
def table() -> HtzTable:
    loaded = load_danger_table()
    assert isinstance(loaded, HtzTable)
    return loaded


def test_limits_out_of_order_are_refused() -> None:
    with pytest.raises(InvalidValue, match="ascending"):
        StepTable((2.0, 1.0), (0, 1, 2), LimitSide.LOWER)


def test_a_step_table_has_one_bin_more_than_limits() -> None:
    with pytest.raises(InvalidValue, match="one more than limits"):
        StepTable((1.0, 2.0), (0, 1), LimitSide.LOWER)


@pytest.mark.parametrize(
    ("from_mm", "rows"),
    [((), ()), ((0.3, 2.1), ((1, 2),)), ((0.3, 2.1), ((1, 2), (1,)))],
    ids=["empty", "a row too few", "a short row"],
)
def test_a_rain_table_has_a_row_for_each_amount(from_mm: tuple[float, ...], rows: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(InvalidValue, match="one row of equal length"):
        RainTable(from_mm, rows, 50)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"grade_limits": (25, 50, 72)}, "five grades"),
        ({"grade_limits": (25, 50, 50, 90)}, "ascending"),
        ({"correction_by_month": (0,) * 11}, "12 numbers"),
        ({"correction_by_month": (0,) * 11 + (-5,)}, "12 numbers"),
        ({"to_be_confirmed": ("f",)}, "a to e"),
        ({"scheme": " "}, "characters"),
    ],
)
def test_an_index_table_that_contradicts_itself_is_refused(
    table: HtzTable, changed: dict[str, object], why: str
) -> None:
    with pytest.raises(InvalidValue, match=why):
        replace(table, **changed)


@pytest.mark.parametrize("name", ["gb_t_36743_2018", "qx_t_77_2007"])
def test_an_empty_slot_refuses_to_rate_and_says_who_can_fill_it(name: str) -> None:
    slot = load_danger_table(name)
    assert isinstance(slot, EmptyTable)
    with pytest.raises(InvalidValue, match="licensed copy"):
        DangerRules.of(slot)


def test_a_slot_says_why_it_is_empty() -> None:
    with pytest.raises(InvalidValue):
        EmptyTable("GB/T 36743-2018", "")


def test_a_usable_table_makes_rules(table: HtzTable) -> None:
    assert DangerRules.of(table) == DangerRules(table)
