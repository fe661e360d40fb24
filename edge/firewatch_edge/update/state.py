"""Which model runs, which ran before, and how the newest does in its probation: values, and their next values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

__all__ = [
    "SHIPPED",
    "ModelState",
    "Probation",
    "ProbationRules",
    "TakenBack",
    "begun",
    "decoded",
    "encoded",
    "judged",
    "passed",
    "rolled_back",
    "switched",
    "without_failing",
]

# The name of the model that came with the program; the others are named by version and package hash.
SHIPPED = ""
_MOST_REFUSED = 20
_MOST_WORDS = 300
Name = Annotated[str, Meta(pattern=r"^((0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)-[0-9a-f]{12})?$")]
Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class ProbationRules:
    """When a new model has proved itself, and when not.

    Parameters
    ----------
    watch_s : float
        It watches so long [s], restarts not counted.
    least_frames : int
        So many frames are judged in that time.
    most_starts : int
        So many starts without a single frame judged in between, and it goes.
    most_power_cuts : int
        So often the computer may go down under it: one power cut proves nothing.
    most_failed, most_failed_share
        So many frames that could not be judged, and of all so large a share, and it goes.
    """

    watch_s: float = 1800.0
    least_frames: int = 20
    most_starts: int = 5
    most_power_cuts: int = 1
    most_failed: int = 5
    most_failed_share: float = 0.1


class Probation(Struct, frozen=True, kw_only=True):
    """How a new model does.

    Parameters
    ----------
    since : datetime
        When it was switched to.
    watched_s, frames, failed_frames
        So far, over all runs.
    starts : int
        Since the last frame that was judged.
    power_cuts : int
        So often the computer went down.
    running : str or None
        The computer's boot under which a run began that has not ended in order; None where none has.
    failed : str
        Why it has failed; empty while it has not.
    """

    since: Instant
    watched_s: Annotated[float, Meta(ge=0.0)] = 0.0
    frames: Count = 0
    failed_frames: Count = 0
    starts: Count = 0
    power_cuts: Count = 0
    running: str | None = None
    failed: str = ""


class TakenBack(Struct, frozen=True, kw_only=True):
    """A model that was taken back: its name, why, and when."""

    model: Name
    why: str
    at: Instant


class ModelState(Struct, frozen=True, kw_only=True):
    """All of ``state.json``: one file, replaced in one step, so that no two of these facts can disagree.

    Parameters
    ----------
    current : str
        The model that runs; `SHIPPED` or a folder's name.
    previous : str or None
        The one before it; None where there is none to go back to but the shipped one.
    probation : Probation or None
        Of the current one; None where it has proved itself.
    taken_back : TakenBack or None
        The last that was taken back.
    refused : tuple of str
        Names of those that failed here: none is installed again unless a person insists.
    """

    schema: Literal["firewatch-models/1"] = "firewatch-models/1"
    current: Name = SHIPPED
    previous: Name | None = None
    probation: Probation | None = None
    taken_back: TakenBack | None = None
    refused: tuple[Name, ...] = ()


def decoded(content: bytes) -> ModelState:
    """Read a state; raises `msgspec.DecodeError` or `UnicodeDecodeError`."""
    return msgspec.json.decode(content, type=ModelState)


def encoded(state: ModelState) -> bytes:
    """Return a state as a file's content."""
    return msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n"


def switched(state: ModelState, to: str, at: datetime) -> ModelState:
    """Go to a new model, on probation."""
    refused = tuple(name for name in state.refused if name != to)
    return ModelState(
        current=to,
        previous=state.current,
        probation=Probation(since=at),
        taken_back=state.taken_back,
        refused=refused,
    )


def rolled_back(state: ModelState, to: str, why: str, at: datetime, *, has_failed: bool = True) -> ModelState:
    """Go back to a model that ran before; where the present one failed, it is remembered as such."""
    refused = state.refused
    if has_failed and state.current != SHIPPED:
        refused = (*(name for name in refused if name != state.current), state.current)[-_MOST_REFUSED:]
    return ModelState(
        current=to,
        previous=None if to == SHIPPED else SHIPPED,
        taken_back=TakenBack(model=state.current, why=why[:_MOST_WORDS], at=at),
        refused=refused,
    )


def passed(state: ModelState) -> ModelState:
    """Let the current model stay."""
    return msgspec.structs.replace(state, probation=None)


def begun(probation: Probation, boot: str, rules: ProbationRules) -> Probation:
    """Return the probation as a run begins; `failed` where the last run, or the loop of runs, was the model's end.

    A run that ended without order under the same boot of the computer was killed or crashed. Under another boot the
    computer went down, which most often is the power.
    """
    why, cuts = probation.failed, probation.power_cuts
    if probation.running is not None:
        if probation.running == boot or not boot:
            why = why or "the node crashed, hung or was killed"
        else:
            cuts += 1
            if cuts > rules.most_power_cuts:
                why = why or f"the computer went down {cuts} times"
    starts = probation.starts + 1
    if starts > rules.most_starts:
        why = why or f"started {rules.most_starts} times without judging a frame"
    return msgspec.structs.replace(probation, running=boot, power_cuts=cuts, starts=starts, failed=why)


def judged(probation: Probation, watched_s: float, frames: int, failed: int, rules: ProbationRules) -> Probation:
    """Return the probation after some more seconds and frames; `failed` where they prove that it does not do."""
    watched, seen = probation.watched_s + watched_s, probation.frames + frames
    unjudged = probation.failed_frames + failed
    why = probation.failed
    if unjudged > rules.most_failed and unjudged > rules.most_failed_share * (seen + unjudged):
        why = why or f"{unjudged} of {seen + unjudged} frames could not be judged"
    if watched >= rules.watch_s and seen < rules.least_frames:
        why = why or f"judged {seen} frames in {watched / 60.0:.0f} minutes, wanted are {rules.least_frames}"
    return msgspec.structs.replace(
        probation,
        watched_s=watched,
        frames=seen,
        failed_frames=unjudged,
        starts=0 if frames else probation.starts,
        failed=why,
    )


def without_failing(probation: Probation, rules: ProbationRules) -> bool:
    """Tell whether a probation is over and good."""
    return not probation.failed and probation.watched_s >= rules.watch_s and probation.frames >= rules.least_frames
