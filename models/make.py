"""Make labelled frames with firewatch.scene: rendered views with and without smoke.

Example
-------
    python -m models.make --out runs/made --places 60

Places have seeds from 10000 on; every sixth place is held out (subset val).
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene import Plume, render
from models.data.photographs import add_frames, load_photographs
from models.data.rows import Row, describe, finished, is_plain, write
from models.data.scenes import FIRST_TRAINING_SEED, Stage, demo_stages, moved, random_plume, random_weathering, stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.scene import View

HELD_OUT_EVERY = 6
# Share of frames with a fire, and of those with a second one.
BURNING, SECOND = 0.75, 0.12
# Fires are drawn again up to so often until one is seen: ridges hide most.
TRIES = 6


def main() -> None:
    """Run the command."""
    given = read_command()
    given.out.mkdir(parents=True, exist_ok=True)
    rows = finished(given.out)
    cv2.setNumThreads(1)
    if given.photos:
        photographs = load_photographs(given.photos, with_fires=given.moved > 0)
        for kind, number in (
            ("composite", given.composites),
            ("moved_smoke", given.moved),
            ("hard_negative", given.hard),
        ):
            add_frames(kind, photographs, given.out, rows, number)
    kind = "world" if given.worlds else "place"
    for number in range(given.places):
        seed = given.first_seed + number
        if any(row["seed"] == seed for row in rows):
            continue
        subset = "val" if number % HELD_OUT_EVERY == HELD_OUT_EVERY - 1 else "train"
        rng = np.random.default_rng([seed, 1])
        views = demo_stages(seed) if given.worlds else stages(seed, given.views)
        for tower, stage in enumerate(views):
            for frame in range(given.frames):
                name = f"{kind}{seed}_tower{tower}_{frame}.jpg"
                rows.append(make_frame(rng, stage, given.out / name) | {"seed": seed, "subset": subset})
        write(given.out, rows)
        print(
            f"place {seed}: {len(rows)} frames, {sum(r['image_label'] == 'smoke' for r in rows)} with smoke", flush=True
        )


def read_command() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.make",
        description="Render labelled frames for training into a folder: JPEGs and annotations.json in the format of "
        "the real ones. Can be stopped and started again: finished places are kept.",
        epilog="Next: python -m models.train --made FOLDER ...",
    )
    parser.add_argument("--out", type=Path, default=Path("runs/made"), help="folder to write (default runs/made)")
    parser.add_argument("--places", type=int, default=60, help="number of made places (default 60)")
    parser.add_argument("--views", type=int, default=2, help="towers in each place (default 2)")
    parser.add_argument("--frames", type=int, default=8, help="frames from each tower (default 8)")
    parser.add_argument("--photos", type=Path, help="folder of real frames: put smoke into its clear ones as well")
    parser.add_argument("--composites", type=int, default=600, help="how many such frames (default 600)")
    parser.add_argument("--moved", type=int, default=0, help="frames with real smoke of other photographs (default 0)")
    parser.add_argument("--hard", type=int, default=0, help="clear frames with fog, dust, glare and such (default 0)")
    parser.add_argument("--worlds", action="store_true", help="make the demo's worlds instead of random places")
    parser.add_argument("--first-seed", type=int, default=FIRST_TRAINING_SEED, help="seed of the first place")
    given = parser.parse_args()
    if given.first_seed < FIRST_TRAINING_SEED:
        parser.error(f"--first-seed must be {FIRST_TRAINING_SEED} or more: lower ones belong to the demo")
    return given


def light(rng: np.random.Generator, stage: Stage, at_s: float, number: int) -> list[Plume]:
    """Light so many fires: the stage's own if it has one, else any that it can see."""
    if stage.fire is not None:
        return [moved(stage.fire, at_s, rng)] if number else []
    drawn = [random_plume(rng, stage, at_s) for _ in range(number)]
    return [plume for plume in drawn if plume is not None]


def make_frame(rng: np.random.Generator, stage: Stage, path: Path) -> Row:
    """Render one frame, write it, and return its row."""
    at_s = float(rng.uniform(1000.0, 30_000.0))
    weathering = random_weathering(rng, stage)
    # Fog and cloud are laid before smoke: a fire inside them would look as no fire does.
    clear = weathering.fog is None and weathering.low_cloud is None
    number = int(clear and rng.random() < BURNING) * (1 + int(rng.random() < SECOND))
    seed = int(rng.integers(0, 1_000_000))
    for _ in range(TRIES):
        plumes = light(rng, stage, at_s, number)
        frame = render(stage.backdrop, plumes, at_s, seed=seed, weathering=weathering)
        if not plumes or all(is_plain(truth) for truth in frame.truths):
            break
    cv2.imwrite(str(path), frame.image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))])
    row = describe(path.name, frame.image.shape, frame.truths, len(plumes))
    seen = [plume for plume, truth in zip(plumes, frame.truths, strict=True) if is_plain(truth)]
    return row | {"distance_m": nearest_m(stage.backdrop.view, seen)}


def nearest_m(view: View, plumes: Sequence[Plume]) -> float | None:
    """Return how far the nearest of some fires is from the tower over the ground [m]; None without one."""
    away = [math.hypot(plume.east_m - view.east_m, plume.north_m - view.north_m) for plume in plumes]
    return round(min(away), 1) if away else None


if __name__ == "__main__":
    main()
