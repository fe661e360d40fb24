"""The self-test of a model before it watches: on the pictures that came with it, and on this node's own frames."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.errors import ModelError
from firewatch.wire.self_test import read_self_test
from firewatch_edge.detect import Eyes
from firewatch_edge.node.painted_smoke import with_painted_smoke

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from firewatch_edge.config import EdgeSettings

__all__ = ["TrialReport", "eyes_in", "try_model"]

logger = logging.getLogger(__name__)

# Scores that differ by less are one: a network that gives every picture the same sees none of them.
_SAME = 1e-9
# A model that finds smoke in so much more of the node's own frames than the present one would drown the centre.
_MOST_MORE_FIRES = 0.5
_LEAST_FRAMES = 4
# Of what the present model finds in them, the new one must find so much.
_LEAST_FOUND = 0.5
# Smoke is painted into so many of the node's frames; found by the present model in so many, it tells something.
_MOST_PAINTED, _LEAST_PAINTED = 8, 2
# A node is busy with other things while it tries a model: slower than the present one by this much is slower.
_SLOWER = 1.2


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What a self-test saw.

    Parameters
    ----------
    version, provider : str
        Of the model; what computed.
    package_frames, own_frames : int
        Pictures that came with the package; frames of this node.
    worst_difference : float
        Between a score and the expected one.
    busy, present_busy : float
        Share of the time that the model, and the one that runs now, would be at work with all cameras.
    found, present_found : int
        Own frames in which they find smoke.
    painted_found, present_painted_found : int
        Own frames with smoke painted into them, in which they find smoke.
    """

    version: str
    provider: str
    package_frames: int
    own_frames: int
    worst_difference: float
    busy: float
    present_busy: float
    found: int
    present_found: int
    painted_found: int = 0
    present_painted_found: int = 0

    @property
    def words(self) -> str:
        """One line for a person."""
        return (
            f"{self.package_frames} pictures of the package (worst difference {self.worst_difference:.3f}) and "
            f"{self.own_frames} frames of this node on {self.provider}, smoke in {self.found} (present model: "
            f"{self.present_found}), painted smoke found {self.painted_found} times ({self.present_painted_found}), "
            f"busy {self.busy:.0%} of the time (present model: {self.present_busy:.0%})"
        )


def eyes_in(settings: EdgeSettings, folder: Path) -> Eyes:
    """Open the networks in a folder as the settings want them."""
    chosen, temporal = settings.model, settings.temporal
    eyes = Eyes.load(folder, chosen.threads, chosen.precision, provider=chosen.provider, is_temporal=temporal.enabled)
    return Eyes(eyes.detector, eyes.verifier, temporal.candidates, temporal.changes)


def try_model(
    settings: EdgeSettings,
    folder: Path,
    present: Path,
    own: Sequence[Path],
    busy_of: Callable[[Eyes], float],
    paint: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8] | None] = with_painted_smoke,
) -> TrialReport:
    """Try a model as this node would run it.

    Parameters
    ----------
    settings : EdgeSettings
        Of the node: provider, precision and threads.
    folder : Path
        The model, with its self-test set where it has one.
    present : Path
        The model that runs now, which it is compared with.
    own : sequence of Path
        Recent frames of this node's cameras.
    busy_of : callable
        Returns the share of the time that a model would be at work here.
    paint : callable
        Returns a copy of a frame with smoke in it, None where none can be painted.

    Raises
    ------
    ModelError
        If it cannot be opened or run, scores the package's pictures otherwise than where it was made, is too slow,
        gives all pictures one score, finds smoke in far more of this node's frames than the present model or misses
        what that one finds, in them or in painted smoke, or there is nothing to try it on.
    """
    eyes, source = eyes_in(settings, folder), str(folder)
    worst, scores = _on_package(eyes, folder)
    frames = [image for path in own if (image := _picture(path)) is not None]
    if not scores and not frames:
        why = "there is nothing to try it on: the package has no self-test set, and this node has kept no frame yet"
        raise ModelError(source, f"{why}. Let the node run for ten minutes, or pack the model with --self-test")
    own_scores = [_score(eyes, image) for image in frames]
    _require_sight(scores + own_scores, source)
    before = eyes_in(settings, present)
    before_scores = [_score(before, image) for image in frames]
    found = _finds(eyes, own_scores)
    before_found = _finds(before, before_scores)
    _compare(found, before_found, source)
    smoky = [image for frame in _some(frames) if (image := paint(frame)) is not None]
    painted = _compare_painted(eyes, before, smoky, source)
    busy, before_busy = busy_of(eyes), busy_of(before)
    _require_pace(busy, before_busy, source)
    spec = eyes.detector.spec
    counts = (len(scores), len(frames))
    return TrialReport(
        spec.version,
        eyes.detector.provider,
        *counts,
        worst,
        busy,
        before_busy,
        int(found.sum()),
        int(before_found.sum()),
        *painted,
    )


def _on_package(eyes: Eyes, folder: Path) -> tuple[float, list[float]]:
    """Return the worst difference from the expected scores, and the scores."""
    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("selftest")}
    except OSError as err:
        raise ModelError(str(folder), f"{err.strerror}; give a model's folder") from err
    expected = read_self_test(files, str(folder))
    worst, scores = 0.0, []
    for frame in () if expected is None else expected.frames:
        image = _decoded(files[frame.file])
        if image is None:
            raise ModelError(str(folder), f"{frame.file} of its self-test set is no picture")
        score = _score(eyes, image)
        off = abs(score - frame.score)
        if not off <= frame.tolerance:
            why = f"scores {frame.file} with {score:.3f} on {eyes.detector.provider}, expected is {frame.score:.3f}"
            raise ModelError(str(folder), f"{why} within {frame.tolerance:g}: it does not compute here as it was made")
        worst = max(worst, off)
        scores.append(score)
    return worst, scores


def _score(eyes: Eyes, image: npt.NDArray[np.uint8]) -> float:
    try:
        score = eyes.detector.score(image).score
    except Exception as err:  # whatever a provider throws at a frame, the model does not watch here
        raise ModelError(eyes.detector.spec.file, f"cannot score a frame: {err}") from err
    if not math.isfinite(score):
        raise ModelError(eyes.detector.spec.file, "scores a frame with what is no number")
    return score


def _require_sight(scores: list[float], source: str) -> None:
    if len(scores) > 1 and max(scores) - min(scores) < _SAME:
        why = f"gives {len(scores)} pictures one and the same score, {scores[0]:.3f}: it sees nothing"
        raise ModelError(source, why)


def _finds(eyes: Eyes, scores: list[float]) -> npt.NDArray[np.bool_]:
    return np.array(scores, np.float64) >= eyes.detector.spec.decision.threshold


def _require_pace(busy: float, before_busy: float, source: str) -> None:
    if busy > max(1.0, before_busy * _SLOWER):
        why = f"would be busy {busy:.0%} of the time, the present model {before_busy:.0%}: it is too slow for this node"
        raise ModelError(source, why)


def _compare(found: npt.NDArray[np.bool_], before: npt.NDArray[np.bool_], source: str) -> None:
    """Refuse what fires on nearly everything, or is blind to what the present model sees, in the node's own frames."""
    if len(found) >= _LEAST_FRAMES and found.mean() - before.mean() > _MOST_MORE_FIRES:
        why = f"finds smoke in {found.sum()} of {len(found)} frames of this node, the present model in {before.sum()}"
        raise ModelError(source, f"{why}: it would raise an alarm on everything")
    if before.sum() > 1 and (found & before).sum() < _LEAST_FOUND * before.sum():
        why = f"finds smoke in {(found & before).sum()} of the {before.sum()} frames in which the present model does"
        raise ModelError(source, f"{why}: it is blind to it")


def _some(frames: Sequence[npt.NDArray[np.uint8]]) -> Sequence[npt.NDArray[np.uint8]]:
    """Return a few of the frames, spread over all cameras."""
    return frames[:: max(1, -(-len(frames) // _MOST_PAINTED))]


def _compare_painted(eyes: Eyes, before: Eyes, smoky: Sequence[npt.NDArray[np.uint8]], source: str) -> tuple[int, int]:
    """Return in how many painted frames the new and the present model find the smoke.

    Refuses what is blind to smoke that the present model sees: a quiet week shows none to compare by.
    """
    found, before_found = (_finds(each, [_score(each, image) for image in smoky]) for each in (eyes, before))
    known, both = int(before_found.sum()), int((found & before_found).sum())
    if known >= _LEAST_PAINTED and both < _LEAST_FOUND * known:
        why = f"finds {both} of the {known} smokes painted into this node's frames that the present model finds"
        raise ModelError(source, f"{why}: it is blind")
    return int(found.sum()), known


def _picture(path: Path) -> npt.NDArray[np.uint8] | None:
    try:
        image = _decoded(path.read_bytes())
    except OSError:
        image = None  # replaced by a newer one in the meantime
    if image is None:
        logger.warning("recent_frame.unreadable", extra={"path": str(path)})
    return image


def _decoded(content: bytes) -> npt.NDArray[np.uint8] | None:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    return None if image is None else image.astype(np.uint8, copy=False)
