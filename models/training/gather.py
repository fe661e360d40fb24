"""Which frames a training run draws from: one pool of each kind that has a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.data.frames import Frame, load_annotated, load_made, load_sequence

if TYPE_CHECKING:
    from models.training.settings import Settings


def gather(settings: Settings) -> dict[str, list[Frame]]:
    """Collect the frames of every pool that has a share."""
    train = load_annotated(settings.real / "train")
    sequences = sorted((settings.real / "sequences" / "train").iterdir())
    frames = {
        "real_smoke": [f for f in train if f.has_smoke and f.boxes is not None],
        "real_clear": [f for f in train if f.label == "none"],
        "sequence_clear": [f for s in sequences for f in load_sequence(s) if f.label == "none"],
        "empty_clear": load_annotated(settings.real / "empty", "train"),
    }
    made = load_made(settings.made, "train")
    frames["made_smoke"] = [f for f in made if f.has_smoke and f.boxes is not None]
    frames["made_clear"] = [f for f in made if f.label == "none"]
    return {kind: found for kind, found in frames.items() if found and settings.shares.get(kind, 0) > 0}
