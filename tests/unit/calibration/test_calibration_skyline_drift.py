"""A camera that has turned is told from one whose skyline is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skylines import SIZE, camera, rugged, seen_by

from firewatch.calibration import Horizon, Motion, skyline_drift, skyline_of_picture
from firewatch.errors import CalibrationError, InvalidValue

SKYLINE = rugged(3)


def turned(azimuth_deg: float = 0.0, tilt_deg: float = 0.0, roll_deg: float = 0.0) -> Horizon:
    """Return what the camera sees after it has turned."""
    look = camera()
    after = replace(
        look,
        azimuth_deg=look.azimuth_deg + azimuth_deg,
        tilt_deg=look.tilt_deg + tilt_deg,
        roll_deg=look.roll_deg + roll_deg,
    )
    return seen_by(after, SKYLINE, np.random.default_rng(8))


@pytest.mark.parametrize("turn", [(1.2, 0.0, 0.0), (-8.0, 1.0, 0.5), (0.0, -0.9, 0.0), (0.0, 0.0, 1.5)])
def test_a_turn_is_told_with_its_size(turn: tuple[float, float, float]) -> None:
    drift = skyline_drift(turned(*turn), SKYLINE, camera())
    assert drift.motion is Motion.TURNED
    np.testing.assert_allclose(drift.turn_deg, turn, atol=0.1)


def test_a_picture_is_held_to_an_earlier_one() -> None:
    reference = skyline_of_picture(turned(), camera())
    assert skyline_drift(turned(), reference, camera()).motion is Motion.STEADY
    later = skyline_drift(turned(2.0), reference, camera())
    assert later.motion is Motion.TURNED
    assert later.turn_deg[0] == pytest.approx(2.0, abs=0.1)


def test_a_turn_within_the_limit_is_none() -> None:
    drift = skyline_drift(turned(0.2), SKYLINE, camera())
    assert drift.motion is Motion.STEADY
    assert drift.turn_deg[0] == pytest.approx(0.2, abs=0.1)


def test_a_turn_near_the_limit_is_unsure() -> None:
    assert skyline_drift(turned(0.4), SKYLINE, camera()).motion is Motion.UNSURE


def test_fog_is_hidden_and_never_a_turn() -> None:
    fog = Horizon(np.full(SIZE[0], np.nan), np.zeros(SIZE[0]), SIZE[1])
    drift = skyline_drift(fog, SKYLINE, camera())
    assert drift.motion is Motion.HIDDEN
    assert drift.fit is None
    assert np.isnan(drift.turn_deg).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_edge_of_a_fog_bank_is_never_a_turn(seed: int) -> None:
    # Something long and smooth is seen, and it is not the skyline.
    bank = seen_by(camera(tilt_deg=3.0), rugged(100 + seed, 0.7), np.random.default_rng(seed))
    assert skyline_drift(bank, SKYLINE, camera()).motion in {Motion.HIDDEN, Motion.UNSURE}


def test_a_level_reference_tells_no_turn() -> None:
    sea = replace(SKYLINE, elevation_deg=np.full(SKYLINE.azimuth_deg.size, -0.2))
    drift = skyline_drift(seen_by(camera(azimuth_deg=220.0), sea, np.random.default_rng(1)), sea, camera())
    assert drift.motion is Motion.UNSURE


def test_a_foggy_reference_is_refused() -> None:
    confidence = np.where(np.arange(SIZE[0]) < 300, 1.0, 0.0)
    with pytest.raises(CalibrationError, match="reference"):
        skyline_of_picture(Horizon(turned().row_px, confidence, SIZE[1]), camera())


def test_a_limit_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidValue, match="turn allowed"):
        skyline_drift(turned(), SKYLINE, camera(), limit_deg=0.0)
