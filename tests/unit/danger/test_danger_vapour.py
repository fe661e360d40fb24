"""Relative humidity and dew point are two words for one thing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger.vapour import dew_point, relative_humidity


@given(st.floats(-30.0, 45.0), st.floats(1.0, 100.0))
def test_the_humidity_of_a_dew_point_is_the_one_that_it_came_from(temp_c: float, rh_pct: float) -> None:
    assert float(relative_humidity(temp_c, dew_point(temp_c, rh_pct))) == pytest.approx(rh_pct, rel=1e-9)


def test_saturated_air_has_100_per_cent_and_a_dew_point_above_the_air_no_more() -> None:
    assert relative_humidity([20.0, 20.0], [20.0, 21.0]).tolist() == [100.0, 100.0]
    assert np.isnan(relative_humidity(np.nan, 10.0))


def test_a_published_pair_is_met() -> None:
    # Smithsonian Meteorological Tables, 6th ed., table 94: vapour pressure 12.27 hPa at 10 deg C and 23.37 at 20.
    assert float(relative_humidity(20.0, 10.0)) == pytest.approx(100.0 * 12.272 / 23.373, abs=0.05)
