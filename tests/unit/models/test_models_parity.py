"""The evaluation and `firewatch-edge detect` give the same numbers, on twenty rendered pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.scene import Air, FireGrowth, Plume, Sun, View, Wind, make_backdrop, make_cover, make_hills, render
from firewatch_edge.cli import main as edge_main
from models.data.frames import Frame
from models.evaluate.eyes import EdgeEye, see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.scene import Backdrop

MODEL = Path(__file__).parents[3] / "models" / "smoke"
PICTURES = 20
WIND = Wind(2.5, 250.0)


def backdrops() -> Iterator[tuple[Backdrop, float]]:
    """Yield two views of one place, with the elevation of their ground two kilometres ahead."""
    rng = np.random.default_rng(17)
    landscape, cover = make_hills(rng, size_m=20_000.0), make_cover(rng)
    east, north = landscape.summit_near(0.0, 0.0, 4000.0)
    for azimuth_deg, size in ((10.0, (1280, 720)), (200.0, (960, 720))):
        view = View(east, north, landscape.elevation_at(east, north) + 25.0, azimuth_deg, -4.0, 60.0, *size)
        turn = np.radians(azimuth_deg)
        ahead = landscape.elevation_at(east + 2000.0 * np.sin(turn), north + 2000.0 * np.cos(turn))
        yield make_backdrop(landscape, cover, view, Sun(200.0, 50.0), Air(35_000.0, WIND, 0.15), fineness=1), ahead


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, paths = tmp_path_factory.mktemp("pictures"), []
    for number, (backdrop, ground_m) in enumerate(backdrops()):
        view = backdrop.view
        turn = np.radians(view.azimuth_deg)
        east, north = view.east_m + 2000.0 * np.sin(turn), view.north_m + 2000.0 * np.cos(turn)
        plume = Plume(float(east), float(north), ground_m, 0.0, WIND, 3, FireGrowth(heat_kw_per_s2=6.0))
        for step in range(PICTURES // 2):
            burning = [plume] if step % 3 else []
            image = render(backdrop, burning, 40.0 * (step + 1), seed=number).image
            paths.append(folder / f"view{number}-{step}.jpg")
            cv2.imwrite(str(paths[-1]), image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return paths


def test_the_command_and_the_evaluation_say_the_same(pictures: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert len(pictures) == PICTURES
    assert edge_main(["detect", "--model", str(MODEL), "--json", *map(str, pictures)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    eye = EdgeEye(MODEL, threads=1)
    flagged = 0
    for path, row in zip(pictures, told, strict=True):
        seen = see(eye, Frame(path, "none"))
        assert seen.score == pytest.approx(row["score"], abs=1e-3)
        assert (seen.look.best >= eye.threshold) == row["smoke"]
        above = seen.look.scores >= eye.threshold
        assert seen.look.scores[above] == pytest.approx([found["score"] for found in row["detections"]], abs=1e-3)
        boxes = np.array([found["box"] for found in row["detections"]]).reshape(-1, 4)
        np.testing.assert_allclose(seen.look.boxes[above], boxes, atol=0.11)
        flagged += row["smoke"]
    assert 0 < flagged < PICTURES, "the pictures must try both answers"
