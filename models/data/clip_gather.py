"""All views that the verifier's clips are cut from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from firewatch_edge.detect import AGES_S, Past, changed_places
from models.data.clip_views import ClipView, photograph_view, sequence_views, with_suspects
from models.data.clips import weathered_view
from models.data.frames import load_annotated, load_sequence
from models.data.photographs import load_photographs
from models.data.pool import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.random import Generator

    from models.data.frames import Boxes

# Every so many rendered places are held out.
HELD_OUT_EVERY = 6
# Of so many clear photographs one is also shown with weather that moves in it.
WEATHERED_EVERY = 2
# Of each view so many changed places are shown as what is no smoke.
MOST_CHANGED = 8


def gather_views(
    real: Path, clips: Path, rng: Generator, *, without: str = "", held_out: bool = False
) -> list[ClipView]:
    """Collect the views for training, or those held out.

    Parameters
    ----------
    real : Path
        Folder with train, val, empty and sequences.
    clips : Path
        What `models.make_clips` wrote.
    rng : Generator
        For the pasts of photographs.
    without : str
        Cameras with this in their name are left out.
    held_out : bool
        Return views of val's cameras, the empty views held out, and the rendered places held out.
    """
    views: list[ClipView] = []
    if not held_out:
        views += [
            view for folder in _sequences(real) for view in sequence_views(load_sequence(folder), _drawn(real, folder))
        ]
    part = ("val", "val") if held_out else ("train", "train")
    photographs = load_annotated(real / part[0]) + load_annotated(real / "empty", part[1])
    clear = [frame for frame in photographs if frame.label == "none"]
    views += [photograph_view(frame, rng) for frame in clear]
    if not held_out:
        weather = load_photographs(real, with_fires=False)
        views += [v for f in clear[::WEATHERED_EVERY] if (v := weathered_view(f, weather, rng)) is not None]
    views += list(_rendered(clips / "scenes", held_out=held_out))
    noted = json.loads((clips / "suspects.json").read_text(encoding="utf-8"))
    views = [view for view in views if not without or without not in view.camera]
    return [_suspected(view, noted) for view in views]


def _sequences(real: Path) -> list[Path]:
    return sorted((real / "sequences" / "train").iterdir())


def _drawn(real: Path, folder: Path) -> dict[float, Boxes]:
    """Return the boxes that are known of a sequence's frames, by their time."""
    return {
        frame.t_seconds: frame.boxes
        for frame in load_annotated(real / "train")
        if frame.sequence == folder.name
        and frame.t_seconds is not None
        and frame.boxes is not None
        and len(frame.boxes)
    }


def _rendered(folder: Path, *, held_out: bool) -> Iterator[ClipView]:
    none = np.zeros((0, 4), np.float32)
    for path in sorted(folder.glob("*_0.jpg")):
        name = path.name.removesuffix("_0.jpg")
        is_held = int(name.split("_")[0]) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        if is_held is held_out:
            past = tuple(read(folder / f"{name}_{number}.jpg") for number in range(1, 1 + len(AGES_S)))
            yield ClipView(
                read(path), Past(past, AGES_S, ((0.0, 0.0),) * len(AGES_S)), none, none, name, path=str(path)
            )


def _suspected(view: ClipView, noted: dict[str, list[list[float]]]) -> ClipView:
    """Add what a tower would look at: what the detector took for smoke, and what changed."""
    if not view.is_clear:
        return view
    boxes = np.asarray(noted.get(view.path, []), np.float32).reshape(-1, 4) * np.float32(view.scale)
    changed = changed_places(view.image, view.past, MOST_CHANGED).astype(np.float32)
    return with_suspects(view, np.concatenate((boxes, changed)))
