"""Frames made from photographs: simulated smoke put in, real smoke cut out and moved, and what only looks like smoke.

Only photographs of the train split, of the empty views' train part and of training sequences before ignition are used.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene import (
    CAMERA_KINDS,
    VIEW_KINDS,
    Composite,
    Cutout,
    PhotoPlume,
    Tile,
    composite_plume,
    cut_smoke,
    draw_disturbance,
    draw_moved_smoke,
    draw_photo_plume,
    make_fractal_tile,
    paste_smoke,
    register,
    skyline_rows,
)
from firewatch.scene.layer import NOTHING_SEEN
from models.data.frames import Frame, load_annotated, load_sequence
from models.data.pool import Image, Pool, read
from models.data.rows import LEAST_PIXELS, Row, describe, is_plain, write
from models.data.scenes import FIRST_TRAINING_SEED

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from numpy.random import Generator

# Of the composites so many may be small; the others change at least this many pixels.
SMALL_SHARE, LARGE_PIXELS = 0.35, 900
# Of the smokes that stand near the skyline so many rise from behind it.
BEHIND_SHARE, NEAR_SKYLINE_PX = 0.5, 8.0
# A clear view is the median of so many frames before ignition.
CLEAR_FRAMES = 12
# Smaller boxes hold too few pixels to cut smoke from.
LEAST_SIDE_PX = 10.0
WRITE_EVERY = 25
# Of the frames with smoke so many have weather in the view, and so many a camera's fault: neither may tell smoke apart.
WEATHERED_SHARE, FAULTY_SHARE = 0.3, 0.25
# Faults that leave the smoke where it was and as plain as it was.
HARMLESS = ("glare", "specks", "exposure", "white_balance")
# Frames without smoke get one disturbance or two; at least so many pixels change by so many levels.
SECOND_SHARE, CHANGED_PIXELS, CHANGED_LEVELS = 0.35, 80, 10
# Smoke must change its place by so many levels, and by more where the ground is broken.
LEAST_LEVELS, TEXTURE_SHARE = 5.0, 0.7
# Draws for one frame before another photograph is taken.
TRIES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Photographs:
    """What frames are made from.

    Parameters
    ----------
    clear : Pool
        Photographs without smoke.
    fires : tuple of tuple of Cutout
        Smokes cut out of photographs, fire by fire.
    texture : Tile
        Fractal noise for billows.
    """

    clear: Pool
    fires: tuple[tuple[Cutout, ...], ...]
    texture: Tile


def load_photographs(real: Path, *, with_fires: bool) -> Photographs:
    """Read the photographs that training may use; with fires, cut their smokes out (some seconds).

    Parameters
    ----------
    real : Path
        Holds ``train``, ``empty`` and ``sequences/train``.
    """
    train = load_annotated(real / "train")
    sequences = {folder.name: load_sequence(folder) for folder in sorted((real / "sequences" / "train").iterdir())}
    clear = train + load_annotated(real / "empty", "train") + [f for s in sequences.values() for f in s]
    fires = cut_fires(train, sequences) if with_fires else ()
    texture = make_fractal_tile(np.random.default_rng(FIRST_TRAINING_SEED), 512, 1.75)
    return Photographs(Pool([f for f in clear if f.label == "none"]), fires, texture)


def cut_fires(frames: list[Frame], sequences: dict[str, list[Frame]]) -> tuple[tuple[Cutout, ...], ...]:
    """Cut out every smoke whose matte is plausible, fire by fire; a sequence's own past is its clear view."""
    views = {name: view for name, found in sequences.items() if (view := clear_view(found)) is not None}
    fires: dict[str, list[Cutout]] = defaultdict(list)
    for frame in frames:
        if not frame.has_smoke or frame.boxes is None:
            continue
        image, view = read(frame.path), views.get(frame.sequence)
        clear = register(image, view) if view is not None and view.shape == image.shape else None
        for box in frame.boxes:
            if min(box[2] - box[0], box[3] - box[1]) >= LEAST_SIDE_PX:
                cutout = cut_smoke(image, (float(box[0]), float(box[1]), float(box[2]), float(box[3])), clear)
                if cutout.quality.plausible:
                    fires[frame.sequence].append(cutout)
    return tuple(tuple(found) for _, found in sorted(fires.items()))


def clear_view(frames: list[Frame]) -> Image | None:
    """Return the median of a sequence's last frames before ignition; None if it has none."""
    before = [frame for frame in frames if frame.label == "none"][-CLEAR_FRAMES:]
    if not before:
        return None
    return np.asarray(np.median([read(frame.path) for frame in before], axis=0), np.uint8)


def draw_composite(rng: Generator, image: Image, photographs: Photographs) -> Composite:
    """Put a simulated smoke into a photograph."""
    height, width = image.shape[:2]
    line = skyline_rows(image)
    plume = draw_photo_plume(rng, width, height, line)
    return composite_plume(image, plume, photographs.texture, ridge_before(plume, line))


def ridge_before(plume: PhotoPlume, line: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
    """Return the skyline, column by column, as the ridge that hides the foot of a smoke drawn behind it."""
    if plume.hidden_below_px is None:
        return None
    return line + np.float32(plume.hidden_below_px - line[min(int(plume.base_x_px), len(line) - 1)])


def draw_moved(rng: Generator, image: Image, photographs: Photographs) -> Composite:
    """Put a real smoke of another photograph into a photograph."""
    height, width = image.shape[:2]
    line = skyline_rows(image)
    fire = photographs.fires[int(rng.integers(len(photographs.fires)))]
    smoke = draw_moved_smoke(rng, fire[int(rng.integers(len(fire)))], width, height, line)
    crest = float(line[min(int(smoke.base_x_px), width - 1)])
    behind = abs(smoke.base_y_px - crest) < NEAR_SKYLINE_PX and rng.random() < BEHIND_SHARE
    return paste_smoke(image, smoke, line if behind else None)


SMOKES = {"composite": draw_composite, "moved_smoke": draw_moved}
PREFIXES = {"composite": "composite", "moved_smoke": "moved", "hard_negative": "hard"}
KINDS = tuple(PREFIXES)


def add_frames(kind: str, photographs: Photographs, out: Path, rows: list[Row], number: int) -> None:
    """Make frames of a kind until there are so many in the rows; each follows from its own number alone.

    Parameters
    ----------
    kind : str
        ``composite``, ``moved_smoke`` or ``hard_negative``: the rows' ``source``.
    rows : list of Row
        Of an earlier run; new ones are added, and written every 25 frames.
    """
    done = sum(row["source"] == kind for row in rows)
    for index in range(done, number):
        rng = np.random.default_rng([FIRST_TRAINING_SEED, KINDS.index(kind), index])
        frame, made, disturbances = (draw_hard if kind == "hard_negative" else draw_plain)(rng, kind, photographs)
        name = f"{PREFIXES[kind]}_{index}.jpg"
        cv2.imwrite(str(out / name), made.image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))])
        smoke = kind in SMOKES
        row = describe(name, made.image.shape, (made.truth,) if smoke else (), int(smoke))
        row |= {"camera": f"{PREFIXES[kind]}:{frame.camera}", "source": kind, "disturbances": list(disturbances)}
        rows.append(row | {"seed": -1, "subset": "train"})
        if (index + 1) % WRITE_EVERY == 0 or index + 1 == number:
            write(out, rows)
            print(f"{kind}: {index + 1} of {number}", flush=True)


Drawn = tuple[Frame, Composite, tuple[str, ...]]


def draw_plain(rng: Generator, kind: str, photographs: Photographs) -> Drawn:
    """Draw photographs and smokes until a detector can fairly be asked for one."""
    while True:
        frame = photographs.clear.draw(rng)
        image = read(frame.path)
        weather = (str(rng.choice(VIEW_KINDS)),) if rng.random() < WEATHERED_SHARE else ()
        fault = (str(rng.choice(HARMLESS)),) if rng.random() < FAULTY_SHARE else ()
        image = disturbed(rng, image, weather, photographs)
        for _ in range(TRIES):
            made = SMOKES[kind](rng, image, photographs)
            least = LEAST_PIXELS if rng.random() < SMALL_SHARE or kind != "composite" else LARGE_PIXELS
            if is_plain(made.truth) and made.truth.pixels >= least and stands_out(image, made):
                return frame, Composite(disturbed(rng, made.image, fault, photographs), made.truth), weather + fault


def stands_out(before: Image, made: Composite) -> bool:
    """Tell whether a smoke shows on the ground it lies on: broken ground hides what even ground would show."""
    if made.truth.box is None:
        return False
    x0, y0, x1, y1 = (int(v) for v in made.truth.box)
    old, new = (cv2.cvtColor(i[y0:y1, x0:x1], cv2.COLOR_BGR2GRAY).astype(np.float32) for i in (before, made.image))
    size = max(1.0, min(x1 - x0, y1 - y0) / 8.0)
    change = float(np.percentile(np.abs(cv2.GaussianBlur(new - old, (0, 0), size)), 97.0))
    texture = float((old - cv2.GaussianBlur(old, (0, 0), size)).std())
    return change >= LEAST_LEVELS + TEXTURE_SHARE * texture


def draw_hard(rng: Generator, kind: str, photographs: Photographs) -> Drawn:
    """Draw a clear photograph with one or two disturbances that can be seen in it; the kind says nothing more."""
    del kind
    while True:
        frame = photographs.clear.draw(rng)
        before = read(frame.path)
        # Half of them from the view: those are what is taken for smoke most often.
        first = str(rng.choice(VIEW_KINDS if rng.random() < 0.55 else CAMERA_KINDS))  # noqa: PLR2004
        second = (str(rng.choice(CAMERA_KINDS)),) if rng.random() < SECOND_SHARE else ()
        image = disturbed(rng, before, (first,), photographs)
        change = np.abs(image.astype(np.int16) - before).max(axis=2)
        if int((change >= CHANGED_LEVELS).sum()) >= CHANGED_PIXELS or first == "painted_out":
            return frame, Composite(disturbed(rng, image, second, photographs), NOTHING_SEEN), (first, *second)


def disturbed(rng: Generator, image: Image, kinds: tuple[str, ...], photographs: Photographs) -> Image:
    """Lay disturbances of these kinds over a photograph."""
    for kind in kinds:
        drawn = draw_disturbance(rng, kind, image.shape[0], skyline_rows(image), photographs.texture)
        image = drawn.apply(image, 0.0)
    return image
