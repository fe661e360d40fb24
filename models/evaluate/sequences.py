"""Sequences of a fire in one view: when it was confirmed in place, and what was confirmed before it burned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import InvalidValue
from models.data.frames import Boxes, load_sequence, no_boxes
from models.evaluate.episodes import Episodes
from models.evaluate.sources import read_annotated
from models.evaluate.watching import read_pictures, watch
from models.measures import auroc_of, middle_is_within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.data.frames import Frame
    from models.evaluate.eyes import Eye
    from models.evaluate.watching import Moment


@dataclass(frozen=True, slots=True, eq=False)
class Fire:
    """A sequence and its truth.

    Parameters
    ----------
    name : str
    frames : tuple of Frame
        In the order of time.
    visible_s : float
        When smoke is first seen in it, seconds from ignition.
    drawn : dict
        Seconds from ignition to the true boxes (n, 4); empty where nobody has drawn any.
    """

    name: str
    frames: tuple[Frame, ...]
    visible_s: float
    drawn: dict[float, Boxes]

    @property
    def times_s(self) -> list[float]:
        """Seconds from ignition of every frame."""
        return [frame.t_seconds or 0.0 for frame in self.frames]

    def truth_at(self, at_s: float) -> Boxes:
        """Return the true boxes at a time.

        Between two drawn frames of one box each the box moves evenly; else, and before the first and after the last,
        the nearest drawn frame's hold. None before smoke is visible.
        """
        if at_s < self.visible_s or not self.drawn:
            return no_boxes()
        if at_s in self.drawn:
            return self.drawn[at_s]
        times = np.array(sorted(self.drawn))
        after = int(np.searchsorted(times, at_s))
        around = [float(t) for t in times[max(after - 1, 0) : after + 1]]
        boxes = [self.drawn[t] for t in around]
        if len(around) == 1 or any(len(some) != 1 for some in boxes):
            return boxes[int(np.argmin([abs(t - at_s) for t in around]))]
        part = (at_s - around[0]) / (around[1] - around[0])
        return np.asarray(boxes[0] + part * (boxes[1] - boxes[0]), np.float32)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What watching a fire came to.

    Parameters
    ----------
    name : str
    frames : int
    visible_s : float
        Smoke first seen by a person, seconds from ignition.
    confirmed_s : float or None
        First confirmed smoke in place; where nobody has drawn the smoke, the first sighting opened after ignition.
    place_is_known : bool
        Whether `confirmed_s` was held against drawn boxes.
    before : Episodes or None
        Sightings opened before ignition; None if no frame is from before.
    elsewhere : int or None
        Sightings opened after ignition beside the smoke; None where nobody has drawn it.
    auroc : float
        Of the frames' scores, before ignition against smoke: high may mean no more than another hour of the day.
    moments : tuple of Moment
    """

    name: str
    frames: int
    visible_s: float
    confirmed_s: float | None
    place_is_known: bool
    before: Episodes | None
    elsewhere: int | None
    auroc: float
    moments: tuple[Moment, ...]

    @property
    def after_visible_s(self) -> float | None:
        """Seconds from visible smoke to its confirmation."""
        return None if self.confirmed_s is None else self.confirmed_s - self.visible_s


def read_fire(folder: Path, real: Path) -> Fire:
    """Read a sequence folder, and its boxes from the annotations of its split.

    Raises
    ------
    InvalidValue
        If the folder holds no ``index.json`` with frames.
    """
    index = folder / "index.json"
    try:
        facts = json.loads(index.read_text(encoding="utf-8"))
        frames, visible_s = load_sequence(folder), float(facts["first_smoke_visible_t"])
    except (OSError, KeyError, TypeError, ValueError) as err:
        raise InvalidValue(
            "sequence", str(index), f"an index.json with frames and first_smoke_visible_t ({err})"
        ) from err
    if not frames:
        raise InvalidValue("sequence", str(index), "at least one frame")
    annotated = annotations_of(folder, real)
    labelled = read_annotated(annotated.parent) if annotated.is_file() else []
    drawn = {
        frame.t_seconds: frame.boxes
        for frame in labelled
        if frame.sequence == folder.name
        and frame.t_seconds is not None
        and frame.boxes is not None
        and len(frame.boxes)
    }
    return Fire(folder.name, tuple(frames), visible_s, drawn)


def annotations_of(folder: Path, real: Path) -> Path:
    """Return the file in which the smoke of a sequence may be drawn: that of its split."""
    facts = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return real / str(facts.get("split", folder.parent.name)) / "annotations.json"


def follow(eye: Eye, fire: Fire, tell: Callable[[], None] = lambda: None) -> Outcome:
    """Watch a fire from the first frame to the last; `tell` is called after each."""
    moments = []
    pictures = read_pictures([frame.path for frame in fire.frames], fire.times_s)
    for moment in watch(eye, pictures, fire.times_s):
        moments.append(moment)
        tell()
    return judge(fire, moments)


def judge(fire: Fire, moments: Sequence[Moment]) -> Outcome:
    """Hold what was confirmed against the truth."""
    after = [moment for moment in moments if moment.at_s >= 0.0]
    if fire.drawn:
        right = [m.at_s for m in after if _any_within(m.confirmed, fire.truth_at(m.at_s))]
        beside = sum(not middle_is_within(box, fire.truth_at(m.at_s)) for m in after for box in m.opened)
    else:
        right = [m.at_s for m in after if len(m.opened)]
    scores = {m.at_s: m.score for m in moments}
    judged = [frame for frame in fire.frames if frame.label != "ignore"]
    return Outcome(
        name=fire.name,
        frames=len(fire.frames),
        visible_s=fire.visible_s,
        confirmed_s=right[0] if right else None,
        place_is_known=bool(fire.drawn),
        before=before_ignition(moments),
        elsewhere=beside if fire.drawn else None,
        auroc=auroc_of(
            np.array([frame.has_smoke for frame in judged], bool),
            np.array([scores[frame.t_seconds or 0.0] for frame in judged], np.float64),
        ),
        moments=tuple(moments),
    )


def before_ignition(moments: Sequence[Moment]) -> Episodes | None:
    """Count the sightings opened before ignition, over the time from the first frame to ignition."""
    before = [moment for moment in moments if moment.at_s < 0.0]
    if not before:
        return None
    return Episodes(sum(len(moment.opened) for moment in before), -before[0].at_s / 3600.0)


def _any_within(boxes: Boxes, truth: Boxes) -> bool:
    return len(truth) > 0 and any(middle_is_within(box, truth) for box in boxes)
