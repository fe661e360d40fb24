"""The shipped smoke model looks at smoke: a rendered plume raises its score where the plume stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firewatch.scene import (
    Air,
    Backdrop,
    FireGrowth,
    Plume,
    RenderedFrame,
    Sun,
    View,
    Wind,
    make_backdrop,
    make_cover,
    make_hills,
    render,
)
from firewatch_edge.detect import Detector

FOLDER = Path(__file__).parents[3] / "models" / "smoke"
# The wind blows across the view; the fire has burned for four minutes on open ground before the tower.
WIND = Wind(2.5, 250.0)
BURNED_S = 240.0


@pytest.fixture(scope="module")
def backdrop() -> Backdrop:
    rng = np.random.default_rng(7)
    landscape, cover = make_hills(rng, size_m=20_000.0), make_cover(rng)
    east, north = landscape.summit_near(0.0, 0.0, 4000.0)
    eye = landscape.elevation_at(east, north) + 25.0
    view = View(east, north, eye, 10.0, -4.0, 60.0)
    return make_backdrop(landscape, cover, view, Sun(200.0, 50.0), Air(35_000.0, WIND, 0.15), fineness=1)


def fire_in_view(backdrop: Backdrop) -> Plume:
    ground = backdrop.depth_m[:, 400:880]
    rows, columns = np.nonzero((ground > 2500.0) & (ground < 3500.0))
    middle = len(rows) // 2
    row, column = int(rows[middle]), 400 + int(columns[middle])
    away, view = float(backdrop.depth_m[row, column]), backdrop.view
    turn = np.arctan2(column - view.width_px / 2, view.focal_px) + np.radians(view.azimuth_deg)
    return Plume(
        view.east_m + away * float(np.sin(turn)),
        view.north_m + away * float(np.cos(turn)),
        float(backdrop.up_m[row, column]),
        1000.0 - BURNED_S,
        WIND,
        3,
        FireGrowth(heat_kw_per_s2=4.0),
    )


@pytest.fixture(scope="module")
def burning(backdrop: Backdrop) -> RenderedFrame:
    frame = render(backdrop, [fire_in_view(backdrop)], 1000.0, seed=3)
    assert frame.truths[0].visible, "the test's own fire must be seen"
    return frame


@pytest.fixture(scope="module")
def quiet(backdrop: Backdrop) -> RenderedFrame:
    return render(backdrop, [], 1000.0, seed=3)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load(FOLDER, threads=1)


def test_smoke_scores_higher_than_the_same_view_without(
    detector: Detector, burning: RenderedFrame, quiet: RenderedFrame
) -> None:
    assert detector.score(burning.image).score > detector.score(quiet.image).score + 0.1


def test_the_best_box_stands_on_the_smoke(detector: Detector, burning: RenderedFrame) -> None:
    detections = detector.score(burning.image).detections
    assert len(detections), "a four-minute fire at three kilometres is above the threshold"
    x0, y0, x1, y1 = detections.boxes[0]
    box = burning.truths[0].box
    assert box is not None
    assert box[0] <= (x0 + x1) / 2 <= box[2]
    assert box[1] <= (y0 + y1) / 2 <= box[3]
