"""Whether a camera has turned: verdicts on real frames in fog, rain and dusk, with and without a true turn.

`python benchmarks/drift.py [--shared FOLDER] [--step N]` prints the tables of `benchmarks/README.md`. Frames are the
two training sequences of real fixed cameras (a frame a minute for eighty minutes, with real clouds and a real fire) and
one frame each of the other training and validation cameras; never those of the test split. Weather is laid over them:
Koschmieder's veil by the distance of flat ground, a cloud base that cuts the ridges, rain, dusk, clouds drawn behind
the ridge. A turn is a homography of a camera of 60 degrees, cropped from a larger picture so that no border shows.
Three judges are asked: the skyline against the reference's, patches against the reference's, and the check of the
tower's node.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(1, str(Path(__file__).parents[1] / "edge"))

from firewatch.calibration import Motion, find_horizon, find_patches, measure_drift, skyline_drift, skyline_of_picture
from firewatch.domain.mounting import orientation
from firewatch.domain.optics import Calibration
from firewatch.errors import CalibrationError
from firewatch.scene.noise import make_fractal_tile
from firewatch_edge.health.view import Learner, ViewWatch, reduced

if TYPE_CHECKING:
    from collections.abc import Iterator

Picture = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]
Weather = Callable[[Picture, Numbers, np.random.Generator], Picture]

_HFOV_DEG = 60.0
_CROP = 0.86  # of the real frame: what is left turns within it
_SIGMA_DEG = 0.1  # of the calibration: the patches' limit is twice this
_NODE_DEG = 0.3  # of a verdict of the node here
_NO_DROP = 0.9985
_WRONG_DEG = 0.15  # a turn that is told must be right to this
_FARTHEST = 14.0  # ground at the skyline, in units of the distance at the picture's foot
_AIR = np.array([216.0, 212.0, 206.0])
_TURNS = {
    "no turn": (0.0, 0.0, 0.0),
    "0.5 deg azimuth": (0.5, 0.0, 0.0),
    "1 deg azimuth": (-1.0, 0.0, 0.0),
    "2 deg azimuth": (2.0, 0.0, 0.0),
}
_TEXTURE = make_fractal_tile(np.random.default_rng(5), 512)


def taken(frame: Picture, turn: tuple[float, float, float]) -> Picture:
    """Return what a camera cut out of a frame sees after a turn of azimuth, tilt and roll [deg]."""
    height, width = frame.shape[:2]
    wide, high = round(width * _CROP), round(height * _CROP)
    focal = width / 2.0 / np.tan(np.radians(_HFOV_DEG / 2.0))
    before = np.array([[focal, 0.0, width / 2.0], [0.0, focal, height / 2.0], [0.0, 0.0, 1.0]])
    after = np.array([[focal, 0.0, wide / 2.0], [0.0, focal, high / 2.0], [0.0, 0.0, 1.0]])
    turned = orientation(0.0, 0.0, 0.0).T @ orientation(*turn)
    back = before @ turned @ np.linalg.inv(after)
    return np.asarray(cv2.warpPerspective(frame, np.linalg.inv(back), (wide, high), flags=cv2.INTER_CUBIC), np.uint8)


def camera() -> Calibration:
    """Return the camera of the cut."""
    hfov = 2.0 * np.degrees(np.arctan(np.tan(np.radians(_HFOV_DEG / 2.0)) * _CROP))
    return Calibration("cut", 40.0, 0.0, float(hfov), _SIGMA_DEG)


def away(frame: Picture, ridge_px: Numbers) -> Numbers:
    """Return the distance of flat ground at each pixel, 1 at the foot; the sky as far as the skyline."""
    row = np.arange(frame.shape[0])[:, None] + 0.5
    below = np.maximum(row - ridge_px[None], 0.0) / np.maximum(frame.shape[0] - ridge_px, 8.0)[None]
    return np.asarray(np.minimum(1.0 / (below + 1.0 / _FARTHEST), _FARTHEST), np.float64)


def veiled(visibility: float) -> Weather:
    """Return fog in which contrast falls to a twentieth over a distance, in units of that of the picture's foot."""

    def weather(frame: Picture, ridge_px: Numbers, rng: np.random.Generator) -> Picture:
        clear = np.exp(-3.0 * away(frame, ridge_px) / visibility)[..., None]
        return grainy(frame * clear + _AIR * (1.0 - clear), 1.5, rng)

    return weather


def cloud_base(below_px: float) -> Weather:
    """Return cloud that hides all above a soft, wavy line below the ridge, thinning downward."""

    def weather(frame: Picture, ridge_px: Numbers, rng: np.random.Generator) -> Picture:
        height, width = frame.shape[:2]
        across = np.arange(width) / width
        base = np.median(ridge_px) + below_px + rng.uniform(-8.0, 8.0)
        for waves in (1.0, 2.3, 5.1):
            base = base + rng.normal(0.0, 9.0 / waves) * np.sin(2.0 * np.pi * (waves * across + rng.random()))
        soft = rng.uniform(6.0, 25.0)
        row = np.arange(height)[:, None] + 0.5
        veil = 1.0 / (1.0 + np.exp((row - base) / soft))
        return grainy(frame * (1.0 - veil[..., None]) + _AIR * veil[..., None], 1.5, rng)

    return weather


def rain(frame: Picture, ridge_px: Numbers, rng: np.random.Generator) -> Picture:
    """Return a frame in rain: haze, a wet lens, streaks."""
    light = veiled(18.0)(frame, ridge_px, rng).astype(np.float64) * 0.75
    streaks = (rng.random(frame.shape[:2]) > _NO_DROP).astype(np.float32)
    kernel = np.eye(15, dtype=np.float32)[:, ::-1] / 15.0
    light = light + (cv2.filter2D(streaks, -1, kernel) * 260.0)[..., None]
    return grainy(cv2.GaussianBlur(light, (0, 0), 1.6), 2.0, rng)


def dusk(frame: Picture, _: Numbers, rng: np.random.Generator) -> Picture:
    """Return a frame late at dusk: an eighth of the light, amplified, with its noise."""
    dark = rng.poisson(np.square(frame / 255.0) * 28.0) / 28.0
    return grainy(255.0 * np.sqrt(np.clip(dark, 0.0, 1.0)) * 0.55, 3.0, rng)


def clouds(frame: Picture, ridge_px: Numbers, rng: np.random.Generator) -> Picture:
    """Return a frame with other clouds behind its ridge, grey and white, down to the ridge."""
    height, width = frame.shape[:2]
    column, row = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    place = rng.uniform(0.0, 500.0, 2).astype(np.float32)
    shape = _TEXTURE.sample(column + place[0] * 7, row * np.float32(2.6) + place[1] * 7, 1.7)
    cover = np.clip((shape - np.median(shape)) / max(float(shape.std()), 1e-6) * 0.6 + 0.3, 0.0, 0.9)
    is_sky = np.clip(ridge_px[None] - row, 0.0, 1.0)
    grey = np.where(shape > np.median(shape), 235.0, 150.0)[..., None]
    part = (cover * is_sky)[..., None]
    return grainy(frame * (1.0 - part) + cv2.GaussianBlur(grey * np.ones(3), (0, 0), 3.0) * part, 1.5, rng)


def grainy(light: Numbers, noise: float, rng: np.random.Generator) -> Picture:
    """Return light as a camera stores it: with noise, as JPEG."""
    seen = np.clip(light + rng.normal(0.0, noise, light.shape), 0.0, 255.0).astype(np.uint8)
    _, stored = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)


WEATHERS: dict[str, Weather] = {
    "as it is": lambda frame, _, rng: grainy(frame.astype(np.float64), 1.0, rng),
    "other clouds": clouds,
    "haze": veiled(20.0),
    "fog": veiled(8.0),
    "thick fog": veiled(3.0),
    "cloud 15 px below the ridge": cloud_base(15.0),
    "cloud 50 px below the ridge": cloud_base(50.0),
    "rain": rain,
    "dusk": dusk,
}


@dataclass(frozen=True, slots=True)
class View:
    """A real camera: its reference, and later frames of it."""

    name: str
    reference: Picture
    frames: tuple[Path, ...]


def views(shared: Path, step: int) -> Iterator[View]:
    """Yield the sequences, then a frame of each other camera."""
    for folder in sorted((shared / "sequences" / "train").iterdir()):
        paths = sorted(folder.glob("*.jpg"), key=lambda path: int(path.stem))
        yield View(folder.name, _read(paths[0]), tuple(paths[step::step]))
    for split in ("train", "val"):
        listed = json.loads((shared / split / "annotations.json").read_text(encoding="utf-8"))["images"]
        first = {each["camera"]: each for each in reversed(listed) if "hpwren" not in each["camera"]}
        for name, each in sorted(first.items()):
            path = shared / split / each["file"]
            yield View(name, _read(path), (path,))


def _read(path: Path) -> Picture:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)


@dataclass(slots=True)
class Count:
    """Verdicts of one judge in one weather after one turn."""

    asked: int = 0
    turned: int = 0
    steady: int = 0
    off_deg: tuple[float, ...] = ()

    def add(self, verdict: str, off_deg: float) -> None:
        """Count a verdict, and how far its turn is from the true one."""
        self.asked += 1
        self.turned += verdict == "turned"
        self.steady += verdict == "steady"
        if verdict == "turned":
            self.off_deg = (*self.off_deg, off_deg)


Judge = Callable[[Picture], tuple[str, Numbers]]


def by_skyline(reference: Picture) -> Judge:
    """Return the judge that holds skylines to a reference's."""
    try:
        known = skyline_of_picture(find_horizon(reference), camera())
    except CalibrationError:
        return lambda _: ("no reference", np.full(3, np.nan))

    def judge(now: Picture) -> tuple[str, Numbers]:
        drift = skyline_drift(find_horizon(now), known, camera())
        verdict = str(drift.motion) if drift.motion in {Motion.STEADY, Motion.TURNED} else "cannot tell"
        return verdict, drift.turn_deg

    return judge


def by_patches(reference: Picture) -> Judge:
    """Return the judge that looks for a reference's patches."""
    grey = np.asarray(cv2.cvtColor(reference, cv2.COLOR_BGR2GRAY), np.uint8)
    places = find_patches(grey)

    def judge(now: Picture) -> tuple[str, Numbers]:
        try:
            drift = measure_drift(grey, np.asarray(cv2.cvtColor(now, cv2.COLOR_BGR2GRAY), np.uint8), camera(), places)
        except CalibrationError:
            return "cannot tell", np.full(3, np.nan)
        turn = np.array([drift.azimuth_deg, drift.tilt_deg, drift.roll_deg])
        return ("turned" if drift.has_turned else "steady"), turn

    return judge


JUDGES = {"skyline": by_skyline, "patches": by_patches}


def study(shared: Path, step: int, judge: str, rng: np.random.Generator) -> dict[tuple[str, str], Count]:
    """Return the counts of a judge by weather and turn: every turn for first frames of one view in three."""
    counts: dict[tuple[str, str], Count] = {}
    for number, view in enumerate(views(shared, step)):
        asked = JUDGES[judge](taken(view.reference, (0.0, 0.0, 0.0)))
        for place, path in enumerate(view.frames):
            frame = _read(path)
            if frame.shape != view.reference.shape:
                continue
            ridge = _filled(find_horizon(frame).row_px, frame.shape[0])
            for weather, change in WEATHERS.items():
                changed = change(frame, ridge, rng)
                for turn, by in list(_TURNS.items())[: 1 if place or number % 3 else None]:
                    verdict, told = asked(taken(changed, by))
                    off = float(np.abs(told - by).max())
                    counts.setdefault((weather, turn), Count()).add(verdict, off)
                    if (verdict == "turned") and (turn == "no turn" or off > _WRONG_DEG):
                        print(
                            f"  {view.name} {path.stem} {weather} {turn}: {told.round(2)}", file=sys.stderr, flush=True
                        )
    return counts


def _filled(row_px: Numbers, height: int) -> Numbers:
    known = np.flatnonzero(np.isfinite(row_px))
    if not known.size:
        return np.full(row_px.size, 0.35 * height)
    return np.asarray(np.interp(np.arange(row_px.size), known, row_px[known]), np.float64)


def node(shared: Path, rng: np.random.Generator) -> dict[tuple[str, str], list[int]]:
    """Return how often the node's check, three frames after each other, said turned or another view, of how many."""
    counts: dict[tuple[str, str], list[int]] = {}
    for folder in sorted((shared / "sequences" / "train").iterdir()):
        paths = sorted(folder.glob("*.jpg"), key=lambda path: int(path.stem))
        learner, learnt = Learner(), None
        for path in paths[:40]:
            learnt = learnt or learner.saw(reduced(taken(_read(path), (0.0, 0.0, 0.0))), datetime.now(UTC))
        if learnt is None:
            print(f"  no reference of {folder.name}", file=sys.stderr)
            continue
        clear = [reduced(taken(_read(path), (0.0, 0.0, 0.0))) for path in paths[40:46]]
        cases = [(weather, turn) for weather in WEATHERS for turn in _TURNS]
        watches = {case: ViewWatch(learnt, camera().hfov_deg) for case in cases}
        for watch in watches.values():
            for grey in clear:
                watch.check(grey)
        for path in paths[46::4]:
            frame = _read(path)
            ridge = _filled(find_horizon(frame).row_px, frame.shape[0])
            for weather, turn in cases:
                changed = WEATHERS[weather](frame, ridge, rng)
                found = watches[weather, turn].check(reduced(taken(changed, _TURNS[turn])))
                count = counts.setdefault((weather, turn), [0, 0, 0])
                count[0] += 1
                count[1] += (found.turned_deg or 0.0) > _NODE_DEG
                count[2] += found.is_other_view
    return counts


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "smoke"
    parser.add_argument("--shared", type=Path, default=beside, help="folder of the real frames")
    parser.add_argument("--step", type=int, default=10, help="every so many frames of a sequence")
    parser.add_argument("--judge", choices=("skyline", "patches", "node"), action="append", help="only these")
    parser.add_argument("--seed", type=int, default=41)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(args.seed)
    asked = args.judge or [*JUDGES, "node"]
    print("| judge | weather | turn | frames | turned | steady | cannot tell | told turn off by p50, most |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for judge in (each for each in JUDGES if each in asked):
        for (weather, turn), count in study(args.shared, args.step, judge, rng).items():
            rest = count.asked - count.turned - count.steady
            off = f"{np.median(count.off_deg):.2f}, {max(count.off_deg):.2f}" if count.off_deg else ""
            print(
                f"| {judge} | {weather} | {turn} | {count.asked} | {count.turned} | {count.steady} | {rest} | {off} |"
            )
    if "node" in asked:
        print("\n| weather | turn | frames | node: turned | node: another view |\n| --- | --- | --- | --- | --- |")
        for (weather, turn), (frames, turned, other) in node(args.shared, rng).items():
            print(f"| {weather} | {turn} | {frames} | {turned} | {other} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
