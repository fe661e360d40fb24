"""A camera's azimuth by the skyline: its error over terrain that the elevation model knows badly.

`python benchmarks/skyline.py [--draws N]` prints the tables of `benchmarks/README.md`. The truth is made-up terrain of
22.5 m cells; what the calibration knows of it is a raster of 45 m with the errors named in each row: heights off by
correlated noise, a forest that the model does not know, a camera at another height. Every draw has another place,
azimuth, tilt, roll and field of view; the azimuth is unknown. More rows render from a real tile of SRTM (matplotlib's
sample data), and from whole painted pictures whose skylines are extracted.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from firewatch.calibration import Horizon, Search, SkylineFit, draw_skylines, find_horizon, match_skyline
from firewatch.calibration.pose import SeenLine, pose_of
from firewatch.calibration.skyline_fit import known_sigmas, slopes_of
from firewatch.calibration.skyline_search import Ring
from firewatch.domain.geo import Position
from firewatch.domain.optics import Calibration
from firewatch.errors import CalibrationError
from firewatch.geodesy import LocalPlane
from firewatch.terrain import AboveGround, TerrainGrid, skyline
from firewatch.terrain.elevation import ElevationTile, grid_from_tiles
from firewatch.testing.skyline_picture import SkylinePainter, skyline_rows_px

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from firewatch.terrain import Skyline

    Numbers = npt.NDArray[np.float64]
    Heights = npt.NDArray[np.float32]

_SIZE = (1280, 720)
_CELL_M, _CELLS, _RELIEF_M = 22.5, 1400, 250.0
_MAST_M = 20.0
_HILLTOP_M = 1500.0  # from where the ground is looked over for a tower
_BORDER_PX = 4.0
_TWO_SIGMAS = 2.0
_WRONG_DEG = 0.5
_NOISE_CELLS = 2.2  # of the model, by which the noise of its heights is blurred
_LOST_M = 1.5  # what cells of 45 m lose of these hills
_ROW_PX = 0.7
_FEWEST = 20
_PAINTED_M = 3.0


@dataclass(frozen=True, slots=True)
class World:
    """What the terrain model does not know."""

    name: str
    noise_m: float = 0.0
    canopy_m: float = 0.0
    camera_m: float = 0.0
    row_px: float = 0.7


WORLDS = (
    World("model and truth alike"),
    World("heights off by 3 m rms", noise_m=3.0),
    World("heights off by 10 m rms", noise_m=10.0),
    World("camera 5 m higher", camera_m=5.0),
    World("forest 0-15 m, unknown", canopy_m=15.0),
    World("3 m, forest, camera 5 m, 3 px", noise_m=3.0, canopy_m=15.0, camera_m=5.0, row_px=3.0),
)


def hills(rng: np.random.Generator, cells: int = _CELLS, cell_m: float = _CELL_M) -> Heights:
    """Return heights of random hills, shape (cells, cells) [m]: a power law up to 12 km."""
    wave = np.hypot(np.fft.rfftfreq(cells, cell_m)[None], np.fft.fftfreq(cells, cell_m)[:, None])
    wave[0, 0] = 1.0
    size = wave**-2.2 * (wave > 1.0 / 12_000.0)
    phase = np.exp(2j * np.pi * rng.random(wave.shape)) * rng.normal(size=wave.shape)
    heights = np.fft.irfft2(size * phase, s=(cells, cells))
    return np.asarray(400.0 + heights / heights.std() * _RELIEF_M, np.float32)


def patches(rng: np.random.Generator, shape: tuple[int, int], length_cells: float) -> Numbers:
    """Return noise of standard deviation 1 that hangs together over a length."""
    field = cv2.GaussianBlur(rng.normal(size=shape).astype(np.float32), (0, 0), length_cells)
    return np.asarray(field / field.std(), np.float64)


def model_of(truth: TerrainGrid, world: World, rng: np.random.Generator) -> TerrainGrid:
    """Return what an elevation model of cells twice as large would know, with errors over about 200 m."""
    heights = truth.elevation_m
    rows, columns = (size // 2 * 2 for size in heights.shape)
    means = heights[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    if world.noise_m:
        means = means + world.noise_m * patches(rng, means.shape, _NOISE_CELLS)
    half = truth.cell_m / 2.0
    return TerrainGrid(
        truth.plane, truth.west_m + half, truth.north_m - half, 2.0 * truth.cell_m, means.astype(np.float32)
    )


def grown(truth: TerrainGrid, world: World, rng: np.random.Generator) -> TerrainGrid:
    """Return the truth with a forest of stands up to some height that the model does not know."""
    if not world.canopy_m:
        return truth
    stands = np.clip(0.5 + 0.5 * patches(rng, truth.shape, 4.0), 0.0, 1.0) * world.canopy_m
    return TerrainGrid(
        truth.plane, truth.west_m, truth.north_m, truth.cell_m, (truth.elevation_m + stands).astype(np.float32)
    )


def hilltop(grid: TerrainGrid, rng: np.random.Generator, spread_m: float) -> tuple[float, float]:
    """Return the highest place within 1.5 km of a random one [m]: where a tower stands."""
    east, north = rng.uniform(-spread_m, spread_m, 2)
    east_m, north_m = np.meshgrid(grid.east_m(), grid.north_m_of_rows())
    near = np.hypot(east_m - east, north_m - north) < _HILLTOP_M
    best = int(np.where(near, grid.elevation_m, -1e9).argmax())
    return float(east_m.flat[best]), float(north_m.flat[best])


def camera_of(rng: np.random.Generator, hfov_deg: float) -> Calibration:
    """Return a camera that hangs as cameras hang: 2 degrees from level, its field of view as stated to 5 %."""
    azimuth, tilt, roll = rng.uniform(0.0, 360.0), rng.uniform(-5.0, 0.0), rng.normal(0.0, 1.0)
    return Calibration("truth", azimuth, tilt, hfov_deg * (1.0 + rng.normal(0.0, 0.03)), 0.1, roll_deg=roll)


def guess_of(hfov_deg: float) -> Calibration:
    """Return what is known beforehand: the lens's name, no azimuth."""
    return Calibration("guess", 0.0, 0.0, hfov_deg, 5.0)


def sector(grid: TerrainGrid, eye: AboveGround, camera: Calibration, step_deg: float) -> Skyline:
    """Return the skyline of a grid over a camera's view and 10 degrees to either side."""
    half = camera.hfov_deg / 2.0 + 10.0
    return skyline(grid, eye, camera.azimuth_deg + np.arange(-half, half, step_deg))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One draw: the fit, None where refused, how far azimuth, tilt, roll and field are off, and the azimuth's bound."""

    fit: SkylineFit | None
    off_deg: Numbers
    seconds: float
    limit_deg: float


def limit_deg(horizon: Horizon, known: Skyline, truth: Calibration, noise_m: float) -> float:
    """Return the Cramer-Rao bound of the azimuth, the lens's zoom unknown to 7.5 % [deg].

    By the slopes of the skyline that the model predicts, at the true pose; errors are those that were drawn: heights
    that hang together as the noise does, those lost by cells twice as large, and the rows' own.
    """
    seen, pose = SeenLine.of(horizon, truth).thinned(320), pose_of(truth)
    if len(seen.points) < _FEWEST:
        return float("nan")
    ring = Ring.of(known, 0.0)
    azimuth = seen.directions(pose)[0]
    distance = ring.distance_at(azimuth)
    east, north = distance * np.sin(np.radians(azimuth)), distance * np.cos(np.radians(azimuth))
    apart = np.hypot(east[:, None] - east[None], north[:, None] - north[None])
    rows = np.abs(seen.px_per_deg(pose))
    metre = rows * np.degrees(1.0 / distance)
    heights = noise_m**2 * np.exp(-np.square(apart / (2.0 * _NOISE_CELLS * 2.0 * _CELL_M)))
    heights = heights + _LOST_M**2 * np.exp(-apart / (2.0 * _CELL_M))
    covariance = np.outer(metre, metre) * heights + _ROW_PX**2 * np.eye(len(rows))
    slopes = slopes_of(seen, ring, pose, rows)
    information = slopes.T @ np.linalg.solve(covariance, slopes) + np.diag(known_sigmas(Search()))
    return float(np.sqrt(np.linalg.inv(information)[0, 0]))


def outcome(horizon: Horizon, known: Skyline, truth: Calibration, hfov_deg: float, noise_m: float) -> Outcome:
    """Match a horizon."""
    limit = limit_deg(horizon, known, truth, noise_m)
    start = process_time()
    try:
        fit = match_skyline(horizon, known, guess_of(hfov_deg), Search())
    except CalibrationError:
        return Outcome(None, np.full(4, np.nan), process_time() - start, limit)
    turn = (fit.azimuth_deg - truth.azimuth_deg + 180.0) % 360.0 - 180.0
    off = (turn, fit.tilt_deg - truth.tilt_deg, fit.roll_deg - truth.roll_deg, fit.hfov_deg - truth.hfov_deg)
    return Outcome(fit, np.array(off), process_time() - start, limit)


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of ground: what it is, what the model knows of it, what stands on it."""

    truth: TerrainGrid
    model: TerrainGrid
    real: TerrainGrid

    @classmethod
    def of(cls, truth: TerrainGrid, world: World, rng: np.random.Generator) -> Place:
        """Return a piece of ground in a world."""
        return cls(truth, model_of(truth, world, rng), grown(truth, world, rng))


def draw(place: Place, world: World, hfov_deg: float, rng: np.random.Generator, spread_m: float) -> Outcome:
    """Return one draw in which the rows of the skyline are exact but for their own noise."""
    model, real = place.model, place.real
    east, north = hilltop(place.truth, rng, spread_m)
    camera = camera_of(rng, hfov_deg)
    seen = sector(real, AboveGround(east, north, _MAST_M + world.camera_m), camera, 0.03)
    rows = skyline_rows_px(seen, camera, *_SIZE)
    rows = rows + world.row_px * patches(rng, (1, rows.size), 2.0)[0]
    confidence = ((rows > _BORDER_PX) & (rows < _SIZE[1] - _BORDER_PX)).astype(np.float64)
    known = skyline(model, AboveGround(east, north, _MAST_M), np.arange(0.0, 360.0, 0.1))
    return outcome(Horizon(rows, confidence, _SIZE[1]), known, camera, hfov_deg, world.noise_m)


def painted(place: Place, hfov_deg: float, painter: SkylinePainter, rng: np.random.Generator) -> Outcome:
    """Return one draw from a painted picture, whose skyline is extracted."""
    truth, model = place.truth, place.model
    east, north = hilltop(truth, rng, 4000.0)
    camera = camera_of(rng, hfov_deg)
    eye = AboveGround(east, north, _MAST_M)
    image, _ = painter.paint(sector(truth, eye, camera, 0.03), camera, _SIZE, rng)
    known = skyline(model, eye, np.arange(0.0, 360.0, 0.1))
    return outcome(find_horizon(image), known, camera, hfov_deg, _PAINTED_M)


def row_of(name: str, hfov_deg: float, outcomes: Iterable[Outcome]) -> str:
    """Return a row of a table: errors over the trusted fits, and how many of the wrong ones were trusted."""
    drawn = list(outcomes)
    trusted = [each for each in drawn if each.fit is not None and each.fit.is_trusted]
    head = f"| {name} | {hfov_deg:.0f} | {len(trusted)} of {len(drawn)} |"
    if not trusted:
        return f"{head} | | | | | | | |"
    off = np.abs(np.stack([each.off_deg for each in trusted]))
    wrong = int((off[:, 0] > _WRONG_DEG).sum())
    limit = np.nanmedian([each.limit_deg for each in trusted])
    pull = np.array([abs(each.off_deg[0]) / each.fit.sigma_deg[0] for each in trusted if each.fit is not None])
    half, most = np.percentile(off[:, 0], (50, 90))
    others = " ".join(f"{value:.2f}" for value in np.percentile(off[:, 1:], 50, axis=0))
    residual = np.median([each.fit.residual_px for each in trusted if each.fit is not None])
    seconds = np.median([each.seconds for each in drawn])
    return (
        f"{head} {half:.3f} | {most:.3f} | {limit:.3f} | {others} | {residual:.1f} | {np.mean(pull < _TWO_SIGMAS):.0%} "
        f"| {wrong} | {seconds:.2f} |"
    )


def jacksboro() -> TerrainGrid:
    """Return matplotlib's tile of SRTM around the Jacksboro fault, Tennessee, on a plane of 60 m cells."""
    from matplotlib import cbook

    dem = cbook.get_sample_data("jacksboro_fault_dem.npz")
    heights = dem["elevation"].astype(np.float32)
    west, south = float(dem["xmin"]), float(dem["ymin"])
    tile = ElevationTile(
        min(west, float(dem["xmax"])), max(south, float(dem["ymax"])), float(dem["dx"]), float(dem["dy"]), heights
    )
    middle = Position(
        tile.north_deg - tile.step_lat_deg * heights.shape[0] / 2,
        tile.west_deg + tile.step_lon_deg * heights.shape[1] / 2,
    )
    return grid_from_tiles([tile], LocalPlane(middle), 15_000.0, 45.0)


def picture(path: Path) -> int:
    """Draw a painted picture with its extracted and its predicted skyline, over terrain whose model is 3 m off."""
    rng = np.random.default_rng(4)
    ground = hills(rng, 800, 30.0)
    truth = TerrainGrid(LocalPlane(Position(27.0, 112.6)), -12_000.0, 12_000.0, 30.0, ground)
    place = Place.of(truth, WORLDS[1], rng)
    east, north = hilltop(truth, rng, 3000.0)
    eye = AboveGround(east, north, _MAST_M)
    camera = Calibration("truth", 41.3, -1.5, 56.0, 0.1, roll_deg=0.6)
    image, _ = SkylinePainter(trees=2).paint(sector(truth, eye, camera, 0.03), camera, (960, 540), rng)
    known = skyline(place.model, eye, np.arange(0.0, 360.0, 0.1))
    found = find_horizon(image)
    fit = match_skyline(found, known, guess_of(54.0), Search())
    for name, angle, sigma in zip(("azimuth", "tilt", "roll", "hfov"), _angles(fit), fit.sigma_deg, strict=True):
        print(f"{name:<7} {angle:8.3f} deg  sigma {sigma:.3f}")
    print(f"{fit.used_share:.0%}, {fit.residual_px:.1f} px, rival {fit.rival_azimuth_deg:.1f}: {fit.chance_wrong:.2g}")
    drawn = draw_skylines(image, found, known, fit.calibration("drawn"))
    return 0 if cv2.imwrite(str(path), drawn) else 1


def _angles(fit: SkylineFit) -> tuple[float, float, float, float]:
    return fit.azimuth_deg, fit.tilt_deg, fit.roll_deg, fit.hfov_deg


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--seed", type=int, default=36)
    parser.add_argument("--picture", type=Path, metavar="OUT.jpg", help="only draw the picture of the how-to")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.picture is not None:
        return picture(args.picture)
    draws = args.draws
    rng = np.random.default_rng(args.seed)
    head = (
        "lens | trusted | azimuth p50 | p90 | bound | tilt roll field p50 | residual px | within 2 sigma | wrong | s |"
    )
    print(f"| truth and model | {head}\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    truths = [TerrainGrid(LocalPlane(Position(27.0, 112.6)), *_corner(), _CELL_M, hills(rng)) for _ in range(6)]
    for world in WORLDS:
        places = [Place.of(truth, world, rng) for truth in truths]
        for hfov in (54.0, 90.0):
            drawn = (draw(places[number % 6], world, hfov, rng, 4000.0) for number in range(draws))
            print(row_of(world.name, hfov, drawn), flush=True)
    real = jacksboro()
    for world in WORLDS[:3]:
        for hfov in (54.0, 90.0):
            drawn = (draw(Place.of(real, world, rng), world, hfov, rng, 6000.0) for _ in range(draws))
            print(row_of(f"SRTM tile: {world.name}", hfov, drawn), flush=True)
    looks = {"clear": SkylinePainter(), "hazy": SkylinePainter(8_000.0, 3.0), "trees": SkylinePainter(trees=6)}
    looks["fog"] = SkylinePainter(fog=1.0)
    places = [Place.of(truth, World("painted", noise_m=_PAINTED_M), rng) for truth in truths]
    for look, painter in looks.items():
        drawn = (painted(places[number % 6], 54.0, painter, rng) for number in range(draws))
        print(row_of(f"painted, {look}, heights off by 3 m", 54.0, drawn), flush=True)
    return 0


def _corner() -> tuple[float, float]:
    half = _CELLS * _CELL_M / 2.0
    return -half, half


if __name__ == "__main__":
    sys.exit(main())
