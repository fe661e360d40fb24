"""The viewshed beside gdal_viewshed: time in one run, and how far each is from a line of sight for every cell.

`python benchmarks/viewshed.py [--rounds N]` makes hills of 1334 x 1334 cells of 30 m (40 x 40 km), writes them into a
temporary GeoTIFF, and lets both look from three places with the same curvature (6/7 of the earth's), in turns, each on
one thread. gdal_viewshed is a program: its time is told whole, and less that of the same program over a raster of
3 x 3 cells, which is its start. Ours is told from an array in memory, and with reading and writing the same files.
Processor's time, so that what else runs on the machine counts less; wall time beside it.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.transform import from_origin

from firewatch.domain.geo import Position
from firewatch.geodesy import LocalPlane
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height, line_of_sight
from firewatch.terrain.visible import Engine, best_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = tuple[str, str, str, float, float]

SIZE, CELL_M, MAST_M = 1334, 30.0, 20.0
# GDAL's own default: 1 - 1/7, what surveyors take for visible light.
GDAL_CURVATURE, REFRACTION = "0.857142857142857", 1.0 / 7.0
HEIGHTS_M = (0, 20, 100)
_WEST_M, _NORTH_M = 500_000.0, 3_000_000.0
_SAMPLE = 4000
_SEED = 7
_VISIBLE = 255  # what GDAL writes


def hills(size: int = SIZE, seed: int = _SEED) -> np.ndarray:
    """Return heights with the spectrum of hills, shape (size, size), float32 [m]."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :])
    frequency[0, 0] = 1.0
    spectrum = frequency**-1.9 * np.exp(2j * np.pi * rng.random((size, size)))
    spectrum[frequency < 3.0 / size] *= 0.5
    heights = np.fft.ifft2(spectrum).real
    return (600.0 + 250.0 * (heights - heights.mean()) / heights.std()).astype(np.float32)


@dataclass
class Bench:
    """Hills in memory and in a file, and two programs over them."""

    folder: Path
    heights: np.ndarray = field(default_factory=hills)

    def __post_init__(self) -> None:
        self.tif, self.tiny = self.folder / "hills.tif", self.folder / "tiny.tif"
        self._write(self.tif, self.heights)
        self._write(self.tiny, self.heights[:3, :3])
        half = CELL_M * (SIZE - 1) / 2.0
        self.grid = TerrainGrid(LocalPlane(Position(26.9, 112.6)), -half, half, CELL_M, self.heights)

    def _write(self, path: Path, heights: np.ndarray) -> None:
        rows, columns = heights.shape
        place = {"crs": "EPSG:32649", "transform": from_origin(_WEST_M, _NORTH_M, CELL_M, CELL_M)}
        shape = {"height": rows, "width": columns, "count": 1, "dtype": "float32"}
        with rasterio.open(path, "w", driver="GTiff", **place, **shape) as target:
            target.write(heights, 1)

    def eyes(self) -> dict[str, tuple[int, int]]:
        """Return row and column of the middle, of the highest cell near it, and of one near a corner."""
        near = self.heights[500:834, 500:834]
        row, column = np.unravel_index(near.argmax(), near.shape)
        return {"valley": (667, 667), "summit": (500 + int(row), 500 + int(column)), "aside": (300, 900)}

    def gdal(self, source: Path, cell: tuple[int, int], height_m: int = 0) -> Path:
        """Let gdal_viewshed look over a file; return the file of what it saw."""
        out = self.folder / "seen.tif"
        x, y = _WEST_M + CELL_M * (cell[1] + 0.5), _NORTH_M - CELL_M * (cell[0] + 0.5)
        where = ["-ox", f"{x}", "-oy", f"{y}", "-oz", f"{MAST_M}", "-tz", f"{height_m}", "-md", "0"]
        command = ["gdal_viewshed", "-q", "-cc", GDAL_CURVATURE, *where, str(source), str(out)]
        subprocess.run(command, check=True)  # noqa: S603
        return out

    def eye(self, cell: tuple[int, int]) -> AboveGround:
        """Return the eye over a cell."""
        return AboveGround(float(self.grid.east_m()[cell[1]]), float(self.grid.north_m_of_rows()[cell[0]]), MAST_M)

    def ours(self, cell: tuple[int, int], engine: Engine | None = None) -> np.ndarray:
        """Look from an array in memory."""
        return least_visible_height(self.grid, self.eye(cell), refraction=REFRACTION, engine=engine) <= 0.0

    def ours_with_files(self, cell: tuple[int, int]) -> None:
        """Read the file, look, write a file."""
        with rasterio.open(self.tif) as source:
            heights, profile = source.read(1), source.profile
        grid = TerrainGrid(self.grid.plane, self.grid.west_m, self.grid.north_m, CELL_M, heights)
        seen = least_visible_height(grid, self.eye(cell), refraction=REFRACTION) <= 0.0
        with rasterio.open(self.folder / "ours.tif", "w", **profile | {"dtype": "uint8"}) as target:
            target.write(seen.astype(np.uint8) * 255, 1)


def processor_and_wall_s(work: Callable[[], object]) -> tuple[float, float]:
    """Return the processor's time of this process and its children for a piece of work, and the wall time [s]."""
    before, start = _used_s(), time.perf_counter()
    work()
    passed = time.perf_counter() - start
    return _used_s() - before, passed


def _used_s() -> float:
    each = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in each)


def timed(bench: Bench, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the medians of processor's and wall time of each way, taken in turns over the three places [ms]."""
    cells = list(bench.eyes().values())
    bench.ours(cells[0])
    times: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds):
        cell = cells[number % len(cells)]
        ways = {
            "gdal_viewshed": lambda cell=cell: bench.gdal(bench.tif, cell),
            "its start": lambda: bench.gdal(bench.tiny, (1, 1)),
            "ours, in memory": lambda cell=cell: bench.ours(cell),
            "ours, with files": lambda cell=cell: bench.ours_with_files(cell),
            "ours, in NumPy": lambda cell=cell: bench.ours(cell, Engine.NUMPY),
        }
        for name, work in ways.items():
            times.setdefault(name, []).append(processor_and_wall_s(work))
    return {
        name: (1e3 * median(used for used, _ in each), 1e3 * median(wall for _, wall in each))
        for name, each in times.items()
    }


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001 - in turns
    """Yield the rows of the viewshed: milliseconds of processor's time; none where gdal_viewshed is not installed."""
    if shutil.which("gdal_viewshed") is None or best_engine() is Engine.NUMPY:
        print("viewshed: gdal_viewshed (Debian: gdal-bin) or numba is not installed", file=sys.stderr)
        return
    took = timed(Bench(folder), 9)
    gdal, start = took["gdal_viewshed"][0], took["its start"][0]
    yield (
        "viewshed, 40 x 40 km at 30 m",
        "gdal_viewshed, less its start",
        "ms",
        took["ours, in memory"][0],
        gdal - start,
    )
    yield "viewshed, with files", "gdal_viewshed, the whole command", "ms", took["ours, with files"][0], gdal


def print_errors(bench: Bench) -> None:
    """Print how much of what each sees differs from a line of sight for each cell of a sample."""
    cells = np.random.default_rng(1).integers(0, SIZE, (_SAMPLE, 2))
    print(f"\ncells that differ from a line of sight of their own, of {_SAMPLE} at random [%]")
    print(f"  {'eye':<8} {'smoke':>6} {'seen':>7} {'ours':>7} {'GDAL':>7} {'ours / GDAL':>12}")
    for name, cell in bench.eyes().items():
        eye = bench.eye(cell)
        east, north = bench.grid.east_m()[cells[:, 1]], bench.grid.north_m_of_rows()[cells[:, 0]]
        rays = np.array(
            [
                line_of_sight(
                    bench.grid, eye, AboveGround(float(x), float(y), 0.0), refraction=REFRACTION
                ).least_visible_height_m
                for x, y in zip(east, north, strict=True)
            ]
        )
        least = least_visible_height(bench.grid, eye, refraction=REFRACTION)
        found = least[cells[:, 0], cells[:, 1]]
        for height in HEIGHTS_M:
            with rasterio.open(bench.gdal(bench.tif, cell, height)) as seen:
                gdal = seen.read(1) == _VISIBLE
            exact = rays <= height
            wrong = [
                100.0 * float(np.mean(seen != exact)) for seen in (found <= height, gdal[cells[:, 0], cells[:, 1]])
            ]
            equal = 100.0 * float(np.mean((least <= height) != gdal))
            print(
                f"  {name:<8} {height:>4} m {100.0 * exact.mean():>6.2f}{wrong[0]:>8.3f}{wrong[1]:>8.3f}{equal:>12.3f}"
            )
        off = np.percentile(np.abs(found - rays), [50, 90])
        print(f"  {name:<8} least visible height: off by {off[0]:.2f} m (median), {off[1]:.1f} m (p90)")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The viewshed beside gdal_viewshed.")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    if shutil.which("gdal_viewshed") is None:
        print("gdal_viewshed is not installed (Debian: apt install gdal-bin)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        took = timed(bench, args.rounds)
        print(f"1334 x 1334 cells, {args.rounds} rounds in turns, medians in ms")
        print(f"  {'':<20} {'processor':>9} {'wall':>9}")
        for name, (used, wall) in took.items():
            print(f"  {name:<20} {used:>9.1f} {wall:>9.1f}")
        gdal, start, memory = (took[name][0] for name in ("gdal_viewshed", "its start", "ours, in memory"))
        files = took["ours, with files"][0]
        print(
            f"in memory: {gdal / memory:.1f} times as fast as the command, {(gdal - start) / memory:.1f} less its start"
        )
        print(f"with files: {gdal / files:.1f} times, {(gdal - start) / files:.1f} less its start")
        print_errors(bench)
    return 0


if __name__ == "__main__":
    sys.exit(main())
