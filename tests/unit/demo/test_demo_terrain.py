"""The demo's centre knows the very hills that the demo's cameras look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.demo import terrain
from firewatch.demo.terrain import write_terrain
from firewatch.demo.world import PLANE, make_ground

if TYPE_CHECKING:
    from pathlib import Path


def test_the_model_has_the_heights_of_the_landscape(tmp_path: Path) -> None:
    pytest.importorskip("rasterio")
    ground = make_ground(3)
    assert write_terrain(tmp_path, ground.landscape, PLANE)
    grid = TerrainFolder(tmp_path / "terrain").grid_around(PLANE.origin, 15_000.0, 100.0)
    rng = np.random.default_rng(4)
    east_m, north_m = rng.uniform(-14_000.0, 14_000.0, (2, 200))
    found = grid.height_at(east_m, north_m)
    wanted = [ground.landscape.elevation_at(float(e), float(n)) for e, n in zip(east_m, north_m, strict=True)]
    # Cells of 50 m, sampled twice: on a ridge some metres are lost, in the mean nothing.
    assert float(np.median(np.abs(found - wanted))) < 3.0
    assert abs(float(np.mean(found - wanted))) < 1.0
    for tower in ground.sites.towers:
        at = PLANE.project(tower.position)
        below_m = float(grid.height_at(np.array(at.east_m), np.array(at.north_m)))
        assert tower.position.elevation_m is not None
        assert below_m + tower.mast_m == pytest.approx(tower.position.elevation_m, abs=15.0)


def test_without_rasterio_the_demo_has_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terrain, "find_spec", lambda _name: None)
    assert not write_terrain(tmp_path, make_ground(3).landscape, PLANE)
    assert list(tmp_path.iterdir()) == []
