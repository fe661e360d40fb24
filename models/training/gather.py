"""Which frames a training run draws from: one pool of each kind that has a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.data.frames import Frame, load_annotated, load_made, load_sequence
from models.training.settings import REAL_POOLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.training.settings import Settings

# What made frames say of how they were made, and the pools that they belong to.
SCENE, COMPOSITE, MOVED, HARD = "firewatch.scene", "composite", "moved_smoke", "hard_negative"


def gather(settings: Settings) -> dict[str, list[Frame]]:
    """Collect the frames of every pool that has a share and frames, in the order of the training file."""
    frames = made_pools(load_made(settings.made, "train"))
    wanted = settings.pretraining.shares | settings.shares
    if any(wanted.get(kind, 0) > 0 for kind in REAL_POOLS):
        frames |= real_pools(settings.real)
    frames = {kind: _without(settings.without, found) for kind, found in frames.items()}
    return {kind: frames[kind] for kind, share in wanted.items() if share > 0 and frames.get(kind)}


def real_pools(real: Path) -> dict[str, list[Frame]]:
    """Sort the real frames for training by pool."""
    train = load_annotated(real / "train")
    sequences = [load_sequence(folder) for folder in sorted((real / "sequences" / "train").iterdir())]
    return {
        "real_smoke": _smoke(train),
        "real_clear": _clear(train),
        "sequence_clear": _clear([frame for sequence in sequences for frame in sequence]),
        "empty_clear": load_annotated(real / "empty", "train"),
    }


def made_pools(made: Sequence[Frame]) -> dict[str, list[Frame]]:
    """Sort made frames by pool; each frame is in the pool of its kind and in that of all made ones."""
    by_source = {source: [f for f in made if f.source == source] for source in (SCENE, COMPOSITE, MOVED, HARD)}
    return {
        "made_smoke": _smoke(made),
        "made_clear": _clear(made),
        "scene_smoke": _smoke(by_source[SCENE]),
        "scene_clear": _clear(by_source[SCENE]),
        "composite_smoke": _smoke(by_source[COMPOSITE]),
        "composite_clear": _clear(by_source[COMPOSITE]),
        "moved_smoke": _smoke(by_source[MOVED]),
        "hard_negative": _clear(by_source[HARD]),
    }


def _without(cameras: Sequence[str], frames: Sequence[Frame]) -> list[Frame]:
    """Leave out the frames of these cameras; a made one bears the name of the camera whose photograph it began with."""
    return [frame for frame in frames if not any(name in frame.camera for name in cameras)]


def _smoke(frames: Sequence[Frame]) -> list[Frame]:
    """Keep those whose smoke somebody has drawn."""
    return [frame for frame in frames if frame.has_smoke and frame.boxes is not None]


def _clear(frames: Sequence[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.label == "none"]
