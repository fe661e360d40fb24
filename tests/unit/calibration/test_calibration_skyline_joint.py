"""Several pictures by one head tell what one alone cannot, and one that shows something else spoils nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from skylines import camera, rugged, seen_by

from firewatch.calibration import Doubt, Search, SkylineFit, join_skylines, match_skyline
from firewatch.domain.geo import difference_deg
from firewatch.domain.optics import Calibration
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.terrain import Skyline

TRUTH = camera(azimuth_deg=90.0)
WORLD = rugged(5)
SEARCH = Search(180.0, 6.0, 4.0, 0.05)


def twice(skyline: Skyline, until_deg: float = 150.0) -> Skyline:
    """Return a skyline that comes again on the other side, but for a part of it."""
    half = skyline.elevation_deg.size // 2
    again = np.tile(skyline.elevation_deg[:half], 2)
    own = (skyline.azimuth_deg > until_deg) & (skyline.azimuth_deg < 180.0)
    return replace(skyline, elevation_deg=np.where(own, skyline.elevation_deg[::-1], again))


AMBIGUOUS = twice(WORLD)


def fit_of(pan_deg: float, skyline: Skyline, shown: Skyline | None = None, seed: int = 4) -> SkylineFit:
    """Return the fit of a picture panned to the right of the first, of what is shown against what is known."""
    look = replace(TRUTH, azimuth_deg=(TRUTH.azimuth_deg + pan_deg) % 360.0)
    horizon = seen_by(look, skyline if shown is None else shown, np.random.default_rng(seed))
    return match_skyline(horizon, skyline, Calibration("guess", 0.0, 0.0, 55.0, 5.0), SEARCH)


FIRST = fit_of(0.0, AMBIGUOUS)
SECOND = fit_of(80.3, AMBIGUOUS)


def test_a_view_that_comes_again_is_settled_by_a_picture_to_another_side() -> None:
    assert Doubt.RIVAL in FIRST.doubts
    joint = join_skylines([FIRST, SECOND], [0.0, 80.3])
    assert joint.fit.is_trusted
    assert joint.used == (True, True)
    assert joint.fit.chance_wrong < 1e-3
    assert joint.fit.azimuth_deg == pytest.approx(90.0, abs=0.06)
    assert (joint.fit.tilt_deg, joint.fit.roll_deg) == pytest.approx((TRUTH.tilt_deg, TRUTH.roll_deg), abs=0.05)
    assert joint.fit.hfov_deg == pytest.approx(TRUTH.hfov_deg, abs=0.15)
    assert joint.fit.calibration("joint").azimuth_deg == joint.fit.azimuth_deg


def test_two_pictures_know_the_azimuth_better_than_one() -> None:
    first, second = fit_of(0.0, WORLD), fit_of(120.0, WORLD, seed=9)
    joint = join_skylines([first, second], [0.0, 120.0], 0.001)
    assert joint.fit.sigma_deg[0] < min(first.sigma_deg[0], second.sigma_deg[0])
    assert joint.fit.sigma_deg[3] < min(first.sigma_deg[3], second.sigma_deg[3])
    # A pan angle that is known to 5 degrees tells nothing of the azimuth.
    loose = join_skylines([first, second], [0.0, 120.0], 5.0)
    assert loose.fit.sigma_deg[0] == pytest.approx(first.sigma_deg[0], rel=0.2)


def test_a_picture_that_shows_something_else_is_left_out() -> None:
    good = [fit_of(0.0, WORLD), fit_of(120.0, WORLD, seed=9)]
    other = fit_of(60.0, WORLD, shown=rugged(77))
    joint = join_skylines([*good, other], [0.0, 120.0, 60.0])
    assert joint.used == (True, True, False)
    assert joint.fit.azimuth_deg == pytest.approx(90.0, abs=0.06)
    assert difference_deg(joint.own_azimuth_deg[1], 90.0) == pytest.approx(0.0, abs=0.06)
    # Between two that contradict each other nothing is decided: the first stays as it was by itself.
    alone = join_skylines([good[0], other], [0.0, 60.0])
    assert alone.used.count(True) <= 1
    assert alone.fit is good[0]


def test_a_wrong_pan_angle_does_not_move_the_azimuth() -> None:
    first, second = fit_of(0.0, WORLD), fit_of(120.0, WORLD, seed=9)
    joint = join_skylines([first, second], [0.0, 95.0])
    assert joint.fit is first


@pytest.mark.parametrize("pans", [(0.0,), (1.0, 80.0), (0.0, float("nan"))])
def test_pans_that_do_not_belong_are_refused(pans: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue, match="pan angles"):
        join_skylines([FIRST, SECOND], pans)


def test_one_picture_is_no_join() -> None:
    with pytest.raises(InvalidValue, match="pictures to join"):
        join_skylines([FIRST], [0.0])
