"""The FWI System against published numbers that every checkout has; `test_danger_differences` has the other vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from danger_vectors.fwi import CLASSIC, run_columns
from danger_vectors.reading import read_columns

from firewatch.danger import FfmcFamily, FwiMethod

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def test_the_published_table_of_1985_is_reproduced_to_its_last_printed_digit() -> None:
    table = read_columns(GOLDEN / "danger_van_wagner_pickett_1985.csv")
    names = {"temp": "temp_c", "rh": "rh_pct", "ws": "wind_kmh", "prec": "rain_mm", "mon": "month"}
    given = {short: table[ours] for short, ours in names.items()} | {"lat": np.full(len(table["month"]), 46.0)}
    outputs = run_columns(given, CLASSIC)
    for name in ("ffmc", "dmc", "dc", "isi", "bui", "fwi"):
        # Half a unit of the printed digit; the report's single precision arithmetic may round the other way.
        np.testing.assert_allclose(outputs[name], table[name], rtol=0.0, atol=0.05 + 1e-4, err_msg=name)


@pytest.mark.shared
def test_the_families_differ_as_their_first_day_says(shared_data: Path) -> None:
    given = read_columns(shared_data / "danger" / "cffdrs_r" / "full_precision" / "fwi_test_lat40_default.csv")
    first = {
        family: tuple(
            round(float(run_columns(given, FwiMethod(family))[name][0]), 7) for name in ("ffmc", "isi", "fwi")
        )
        for family in FfmcFamily
    }
    assert first == {
        FfmcFamily.CLASSIC: (87.6929801, 10.8536611, 10.0963714),
        FfmcFamily.CFFDRS: (87.6493555, 10.7762358, 10.0361864),
        FfmcFamily.CFFDRS_MIDDLE: (87.6915133, 10.8414473, 10.0868876),
    }
