"""Make labelled frames with firewatch.scene: rendered views with and without smoke.

Example
-------
    python -m models.make --out runs/made --places 60

Places have seeds from 10000 on; every sixth place is held out (subset val).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from firewatch.scene import (
    Plume,
    PlumeTruth,
    composite_plume,
    draw_photo_plume,
    make_fractal_tile,
    render,
)
from models.data.frames import load_annotated, load_sequence
from models.data.pool import Image, Pool, read
from models.data.scenes import FIRST_TRAINING_SEED, Stage, demo_stages, moved, random_plume, random_weathering, stages

HELD_OUT_EVERY = 6
# Share of frames with a fire, and of those with a second one.
BURNING, SECOND = 0.75, 0.12
# Rows in which a photograph's skyline is looked for, as shares of its height.
SKYLINE = (0.12, 0.7)
# Fainter smoke than this can be measured, but hardly be seen on broken ground: nobody is asked about it.
LEAST_CONTRAST, LEAST_PIXELS = 0.12, 60
# Fires are drawn again up to so often until one is seen: ridges hide most.
TRIES = 6
# Of the composites so many may be small; the others change at least this many pixels.
SMALL_SHARE, LARGE_PIXELS = 0.25, 900

Row = dict[str, Any]


def main() -> None:
    """Run the command."""
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
    parser.add_argument("--worlds", action="store_true", help="make the demo's worlds instead of random places")
    parser.add_argument("--first-seed", type=int, default=FIRST_TRAINING_SEED, help="seed of the first place")
    given = parser.parse_args()
    if given.first_seed < FIRST_TRAINING_SEED:
        parser.error(f"--first-seed must be {FIRST_TRAINING_SEED} or more: lower ones belong to the demo")
    given.out.mkdir(parents=True, exist_ok=True)
    rows = finished(given.out)
    cv2.setNumThreads(1)
    if given.photos and not any(row["source"] == "composite" for row in rows):
        rows += put_smoke(given.photos, given.out, given.composites)
        write(given.out, rows)
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


def light(rng: np.random.Generator, stage: Stage, at_s: float, number: int) -> list[Plume]:
    """Light so many fires: the stage's own if it has one, else any that it can see."""
    if stage.fire is not None:
        return [moved(stage.fire, at_s, rng)] if number else []
    drawn = [random_plume(rng, stage, at_s) for _ in range(number)]
    return [plume for plume in drawn if plume is not None]


def write(folder: Path, rows: list[Row]) -> None:
    """Write the rows whole, then put them in place: a training run may be reading."""
    part = folder / "annotations.json.part"
    part.write_text(json.dumps({"images": rows}, indent=0), encoding="utf-8")
    part.replace(folder / "annotations.json")


def finished(folder: Path) -> list[Row]:
    """Return the rows of an earlier run."""
    path = folder / "annotations.json"
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["images"] if path.exists() else []
    return rows


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
    return describe(path.name, frame.image.shape, plumes, frame.truths)


def put_smoke(photos: Path, out: Path, number: int) -> list[Row]:
    """Put smoke into real frames without any: those of the train split, of the empty views and before ignition."""
    rng = np.random.default_rng(FIRST_TRAINING_SEED)
    sequences = [load_sequence(folder) for folder in sorted((photos / "sequences" / "train").iterdir())]
    clear = load_annotated(photos / "train") + load_annotated(photos / "empty", "train")
    pool = Pool([f for f in clear + [g for s in sequences for g in s] if f.label == "none"])
    texture = make_fractal_tile(rng, 512, 1.75)
    rows: list[Row] = []
    while len(rows) < number:
        frame = pool.draw(rng)
        image = read(frame.path)
        height, width = image.shape[:2]
        plume = draw_photo_plume(rng, width, height, skyline(image))
        made = composite_plume(image, plume, texture)
        least = LEAST_PIXELS if rng.random() < SMALL_SHARE else LARGE_PIXELS
        if is_plain(made.truth) and made.truth.pixels >= least:
            name = f"composite_{len(rows)}.jpg"
            cv2.imwrite(str(out / name), made.image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))])
            row = describe(name, made.image.shape, [], (made.truth,))
            rows.append(
                row | {"camera": f"composite:{frame.camera}", "source": "composite", "seed": -1, "subset": "train"}
            )
    return rows


def is_plain(truth: PlumeTruth) -> bool:
    """Tell whether a detector can fairly be asked for this smoke."""
    return truth.pixels >= LEAST_PIXELS and truth.peak_contrast >= LEAST_CONTRAST


def skyline(image: Image) -> float:
    """Guess the row of a photograph's skyline [px]: the strongest edge between rows over its whole width."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (0, 0), 3.0).astype(np.float32)
    edges = np.abs(np.diff(grey, axis=0)).mean(axis=1)
    low, high = (int(share * image.shape[0]) for share in SKYLINE)
    return float(low + int(edges[low:high].argmax()))


def describe(name: str, shape: tuple[int, ...], plumes: list[Plume], truths: tuple[PlumeTruth, ...]) -> Row:
    """Write a frame's row: a smoke that few would see makes the frame one that nobody is asked about."""
    seen = [truth for truth in truths if is_plain(truth)]
    faint = any(truth.pixels for truth in truths if not is_plain(truth))
    label = "ignore" if faint else "smoke" if seen else "none"
    boxes = [_corner_and_size(truth.box) for truth in seen if truth.box is not None]
    return {
        "file": name,
        "width": shape[1],
        "height": shape[0],
        "image_label": label,
        "boxes": None if label == "ignore" else boxes,
        "source": "firewatch.scene",
        "camera": name.rpartition("_")[0],
        "peak_contrast": [round(truth.peak_contrast, 3) for truth in truths],
        "pixels": [truth.pixels for truth in truths],
        "fires": len(plumes),
    }


def _corner_and_size(box: tuple[float, float, float, float]) -> list[float]:
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


if __name__ == "__main__":
    main()
