"""How the verifier's answer joins the detector's: fitted on whole frames that neither was trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from firewatch.domain.vision import Frame, FrameStamp
from firewatch.scene import composite_plume, draw_photo_plume, make_fractal_tile
from firewatch_edge.detect import Detector, Eyes, Past, TemporalSpec, Verifier, ViewMemory
from models.data.clip_gather import gather_views
from models.sheet import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.random import Generator

    from firewatch.scene import PhotoPlume, Tile
    from firewatch_edge.detect import Candidates as Found
    from models.data.clip_views import ClipView

# Of each held-out view so many frames with smoke are made.
BURNING_FRAMES = 4
MOST_CANDIDATES, CANDIDATE_THRESHOLD = 8, 0.02
_NOW = datetime(2000, 1, 1, tzinfo=UTC)
# Smoke that fewer see is not asked for.
_LEAST_PIXELS, _LEAST_CONTRAST = 60, 0.12
_TRIES = 12
# A box's middle may lie so much of its sides beyond the truth.
_WIDENED = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Candidates of frames, aligned.

    Parameters
    ----------
    frame : array (n,) int
        Which frame each belongs to.
    detector, verifier : array (n,)
        Logits.
    is_smoke : array (n,) bool
        Whether its middle lies in smoke.
    burns : array (frames,) bool
        Whether there is smoke in the frame.
    """

    frame: npt.NDArray[np.int64]
    detector: npt.NDArray[np.float64]
    verifier: npt.NDArray[np.float64]
    is_smoke: npt.NDArray[np.bool_]
    burns: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights of the two logits, and from which probability a candidate counts; what it does on the fitted frames."""

    detector_weight: float
    verifier_weight: float
    offset: float
    threshold: float
    recall: float
    false_share: float

    def chance(self, candidates: Candidates) -> npt.NDArray[np.float64]:
        """Return the candidates' probabilities."""
        z = self.detector_weight * candidates.detector + self.verifier_weight * candidates.verifier + self.offset
        return np.asarray(1.0 / (1.0 + np.exp(-z)))


def fit_temporal(candidates: Candidates, false_share: float) -> Fit:
    """Fit the weights; smoke and clear candidates weigh the same in total.

    Parameters
    ----------
    candidates : Candidates
    false_share : float
        The threshold lets at most this share of the clear frames count.
    """
    x = np.column_stack((candidates.detector, candidates.verifier))
    fitted = LogisticRegression(C=10.0, class_weight="balanced").fit(x, candidates.is_smoke)
    detector, verifier = (float(w) for w in fitted.coef_[0])
    # A detector that says less must never make smoke likelier.
    fit = Fit(max(detector, 0.0), verifier, float(fitted.intercept_[0]), 0.5, 0.0, 0.0)
    chance = fit.chance(candidates)
    best = np.zeros(len(candidates.burns))
    np.maximum.at(best, candidates.frame, chance)
    clear = np.sort(best[~candidates.burns])[::-1]
    threshold = float(clear[int(np.floor(false_share * len(clear)))]) + 1e-3
    found = np.zeros(len(candidates.burns), bool)
    np.logical_or.at(found, candidates.frame, candidates.is_smoke & (chance >= threshold))
    return replace(
        fit,
        threshold=min(threshold, 0.999),
        recall=float(found[candidates.burns].mean()),
        false_share=float((best[~candidates.burns] >= threshold).mean()),
    )


def held_candidates(model: Path, network: Path, real: Path, clips: Path, seed: int = 11) -> Candidates:
    """Look at held-out views with and without simulated smoke, as a tower does.

    Parameters
    ----------
    model : Path
        Folder of the detector.
    network : Path
        The verifier's ONNX file.
    real, clips : Path
        As of `gather_views`.
    seed : int
        Of the smoke.
    """
    rng = np.random.default_rng(seed)
    eyes = eyes_of(model, network)
    texture = make_fractal_tile(rng, 512, 1.75)
    rows: list[tuple[int, float, float, bool]] = []
    burns: list[bool] = []
    for view in gather_views(real, clips, rng, held_out=True):
        for present, box in _frames(view, rng, texture):
            found = look(eyes, present)
            detector, verifier = raw_logits(eyes, found)
            inside = np.zeros(len(found), bool) if box is None else _inside(found.boxes, box)
            rows += zip([len(burns)] * len(found), detector.tolist(), verifier.tolist(), inside.tolist(), strict=True)
            burns.append(box is not None)
    frame, first, second, truth = (np.array(column) for column in zip(*rows, strict=True))
    return Candidates(frame, first, second, truth, np.array(burns))


def eyes_of(model: Path, network: Path, candidates: int = MOST_CANDIDATES) -> Eyes:
    """Return detector and verifier as a node opens them, before their answers are joined."""
    spec = TemporalSpec(
        file=network.name,
        sha256=digest(network),
        candidate_threshold=CANDIDATE_THRESHOLD,
        candidates=candidates,
        detector_weight=1.0,
        verifier_weight=1.0,
        offset=0.0,
        threshold=0.5,
    )
    return Eyes(Detector.load(model, threads=1), Verifier.load(network.parent, spec, threads=1))


def look(eyes: Eyes, view: ClipView) -> Found:
    """Show a view's past and then its present to a memory that knows nothing else; return the present's candidates."""
    memory = ViewMemory()
    for age, image in sorted(zip(view.past.ages_s, view.past.images, strict=True), reverse=True, key=lambda p: p[0]):
        memory.look_back(image, _NOW.timestamp() - age)
    height, width = view.image.shape[:2]
    stamp = FrameStamp(captured_at=_NOW, width_px=width, height_px=height, sha256="0" * 64)
    frame = Frame(stamp, view.image)
    found = eyes.verify(frame, eyes.detector.scan(view.image), memory, MOST_CANDIDATES)
    if found is None:
        text = f"the past of {view.path} shows another view than its present"
        raise ValueError(text)
    return found


def raw_logits(eyes: Eyes, found: Found) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the raw logits of detector and verifier from their probabilities."""
    calibration = eyes.detector.spec.calibration
    return (_logit(found.detected) - calibration.b) / calibration.a, _logit(found.verified)


def _logit(chance: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    inside = np.clip(chance.astype(np.float64), 1e-7, 1.0 - 1e-7)
    return np.log(inside / (1.0 - inside))


def _frames(
    view: ClipView, rng: Generator, texture: Tile
) -> Iterator[tuple[ClipView, tuple[float, float, float, float] | None]]:
    yield view, None
    for _ in range(BURNING_FRAMES):
        for _ in range(_TRIES):
            height, width = view.image.shape[:2]
            plume = draw_photo_plume(rng, width, height, view.skyline_px)
            made = composite_plume(view.image, plume, texture)
            is_seen = made.truth.pixels >= _LEAST_PIXELS and made.truth.peak_contrast >= _LEAST_CONTRAST
            if is_seen and made.truth.box is not None:
                yield replace(view, image=made.image, past=_past(view, plume, texture)), made.truth.box
                break


def _past(view: ClipView, plume: PhotoPlume, texture: Tile) -> Past:
    """Return the view's past with the same fire, younger."""
    images = [
        composite_plume(image, replace(plume, burning_s=plume.burning_s - age), texture).image
        if plume.burning_s > age
        else image
        for image, age in zip(view.past.images, view.past.ages_s, strict=True)
    ]
    return Past(tuple(images), view.past.ages_s, view.past.shifts)


def _inside(boxes: npt.NDArray[np.floating], truth: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    x, y = ((boxes[:, :2] + boxes[:, 2:]) / 2).T
    more_x, more_y = _WIDENED * (truth[2] - truth[0]), _WIDENED * (truth[3] - truth[1])
    return np.asarray(
        (x >= truth[0] - more_x) & (x <= truth[2] + more_x) & (y >= truth[1] - more_y) & (y <= truth[3] + more_y)
    )
