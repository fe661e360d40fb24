from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.errors import InvalidValue
from firewatch.fusion import chi_square_tail, region_scale


@pytest.mark.parametrize(
    ("chi_square", "freedom", "tail"),
    [
        (3.841, 1, 0.05),
        (10.828, 1, 0.001),
        (5.991, 2, 0.05),
        (7.815, 3, 0.05),
        (16.266, 3, 0.001),
        (9.488, 4, 0.05),
        (11.070, 5, 0.05),
        (18.307, 10, 0.05),
    ],
)
def test_tails_are_as_tabled(chi_square: float, freedom: int, tail: float) -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.4."""
    assert chi_square_tail(chi_square, freedom) == pytest.approx(tail, rel=2e-3)


@given(st.floats(0.0, 200.0), st.integers(1, 30))
def test_a_tail_is_a_probability_that_shrinks(chi_square: float, freedom: int) -> None:
    tail = chi_square_tail(chi_square, freedom)
    assert 0.0 <= tail <= 1.0
    assert chi_square_tail(chi_square + 1.0, freedom) <= tail + 1e-12


def test_no_error_at_all_is_always_exceeded() -> None:
    assert all(chi_square_tail(0.0, freedom) == 1.0 for freedom in range(1, 8))


@pytest.mark.parametrize(("chi_square", "freedom"), [(-1.0, 1), (math.nan, 1), (1.0, 0)])
def test_what_has_no_tail_is_refused(chi_square: float, freedom: int) -> None:
    with pytest.raises(InvalidValue):
        chi_square_tail(chi_square, freedom)


@given(st.floats(0.01, 0.99))
def test_a_region_holds_the_share_it_is_named_after(probability: float) -> None:
    assert chi_square_tail(region_scale(probability) ** 2, 2) == pytest.approx(1.0 - probability)


@pytest.mark.parametrize("probability", [0.0, 1.0, math.nan])
def test_a_region_of_nothing_or_everything_is_refused(probability: float) -> None:
    with pytest.raises(InvalidValue):
        region_scale(probability)
