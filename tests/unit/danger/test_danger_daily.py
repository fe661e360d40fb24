from __future__ import annotations

import numpy as np
import pytest

from firewatch.danger import COLD_START, CodeArrays, DailyWeather, months_of
from firewatch.errors import InvalidValue


def arrays(**changed: float) -> DailyWeather:
    values = {"temp_c": 20.0, "rh_pct": 40.0, "wind_kmh": 10.0, "rain_mm": 0.0} | changed
    columns = {name: np.full((2, 3), 1.0 if name != "rh_pct" else 50.0) for name in values}
    for name, value in values.items():
        columns[name][1, 2] = value
    return DailyWeather(**columns)


@pytest.mark.parametrize(
    ("name", "value"),
    [("temp_c", 61.0), ("rh_pct", 100.1), ("rh_pct", -1.0), ("wind_kmh", -0.1), ("rain_mm", -0.1)],
)
def test_a_value_out_of_range_is_refused_with_its_place(name: str, value: float) -> None:
    with pytest.raises(InvalidValue, match=r"at \(1, 2\)") as refused:
        arrays(**{name: value})
    assert refused.value.given == value


def test_a_missing_value_is_no_wrong_value() -> None:
    assert np.isnan(arrays(temp_c=float("nan")).temp_c[1, 2])


def test_arrays_of_different_shapes_are_refused() -> None:
    with pytest.raises(InvalidValue, match="one shape for all four"):
        DailyWeather(np.zeros(3), np.zeros(3), np.zeros(2), np.zeros(3))


def test_a_start_is_the_same_everywhere_and_months_are_those_of_the_calendar() -> None:
    start = CodeArrays.of(COLD_START, (2, 3))
    assert [code.shape for code in (start.ffmc, start.dmc, start.dc)] == [(2, 3)] * 3
    assert (start.ffmc.max(), start.dmc.min(), start.dc.max()) == (85.0, 6.0, 15.0)
    assert CodeArrays.of(COLD_START).dc.shape == ()
    days = np.array(["1969-12-31", "1970-01-01", "2024-02-29", "2026-11-30"], dtype="datetime64[D]")
    assert months_of(days).tolist() == [12, 1, 2, 11]
