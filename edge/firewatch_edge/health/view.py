"""A camera's view against its reference, about once a minute: turned, fogged, blurred, covered, dirty."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch_edge.health.against import COLUMNS, ROWS, compare, edges_of
from firewatch_edge.health.reference import Reference

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt

    from firewatch_edge.health.against import Comparison

__all__ = ["Learner", "ViewFindings", "ViewWatch", "fineness_of"]

_WIDTH_PX = 640
# A picture of two columns must not become one of a million rows.
_MOST_HEIGHT_PX = 1280
# So many checks make a reference: half an hour, or rounds, in which clouds move and the ground does not.
_LESSONS = 30
_STEADY = 0.5
# A view of less than this share of steady patches cannot be watched: sky, sea, thick fog.
_LEAST_STEADY = 0.15
# The best of so many checks counts: what passes by (a bird, a gust, a cloud's shadow) covers nothing for so long.
_REMEMBERED = 10
# From here on the edges are those of the reference, by all its picture.
_RECOGNISED = 0.30
# ... and, against skylines that resemble each other, half of the steady patches from here on.
_KNOWN = 0.20
# A camera's picture may be decoded at another part of its size than when its reference was learnt: so many rows are
# lost to rounding then.
_ROUNDING_PX = 2
# A shift of more than a sway must make the pictures so much more alike to be believed.
_LEAST_GAIN = 0.10
# A patch whose best is below this shows something else; below that strength, nothing.
_LOST, _FLAT = 0.15, 0.40
# Haze takes the far away first: a patch is lost against what lies behind it, of which this share must be seen.
_SEEN_BEHIND = 0.5
# A known view that is not known any more while the picture is clear is another view.
_LONG = 60
# Edges of this size outlast every blur that is worth a word.
_COARSE_PX = 8.0
_AGREE_PX = 2.0
_TURN_CHECKS = 3


@dataclass(frozen=True, slots=True)
class ViewFindings:
    """What one check found; None is what it could not tell.

    Parameters
    ----------
    turned_deg : float or None
        By how much the view has left its place in the picture [deg].
    is_other_view : bool
        Whether a view that was known before shows something else, too far off to be measured.
    fogged : float or None
        Share of the reference's contrast that is missing, 0 to 1.
    blurred : float or None
        Share of its fineness that is missing, 0 to 1.
    covered : float or None
        Share of the picture that one new thing hides, 0 to 1.
    dirty : float or None
        Share of the steady patches that have lost their contrast while others behind them have not, 0 to 1.
    """

    turned_deg: float | None = None
    is_other_view: bool = False
    fogged: float | None = None
    blurred: float | None = None
    covered: float | None = None
    dirty: float | None = None


def reduced(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a picture (h, w, 3) in BGR as a grey one of 640 pixels width."""
    height_px = round(image.shape[0] * _WIDTH_PX / image.shape[1])
    size = (_WIDTH_PX, min(_MOST_HEIGHT_PX, max(ROWS, height_px)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def fineness_of(grey: npt.NDArray[np.uint8], steady: npt.NDArray[np.bool_]) -> float:
    """Return the fine edges of a grey picture (h, w) over its coarse ones, in the steady patches (ROWS, COLUMNS)."""
    # Softened a little: the grain of a sensor is fine, too, whatever the lens does.
    fine = np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.0).astype(np.float32), cv2.CV_32F))
    soft = cv2.GaussianBlur(grey, (0, 0), _COARSE_PX).astype(np.float32)
    coarse = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    planes = (cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)[steady] for plane in (fine, coarse))
    sharp, blunt = (float(plane.mean()) if plane.size else 0.0 for plane in planes)
    return sharp / max(blunt, 1e-3)


class Learner:
    """Makes the reference of a pose from thirty good pictures; the first of them is the picture kept.

    Parameters
    ----------
    sway_px : float
        By how much the view may lie beside the first [px of the reduced picture].
    """

    def __init__(self, sway_px: float = _AGREE_PX) -> None:
        self._sway_px = sway_px
        self._first: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], datetime] | None = None
        self._alike: list[npt.NDArray[np.float32]] = []

    def saw(self, grey: npt.NDArray[np.uint8], at: datetime) -> Reference | None:
        """Take in a good picture; return the reference when there is one. What does not hold still is begun anew."""
        edges = edges_of(grey)
        if self._first is None or self._first[0].shape != grey.shape:
            self._first, self._alike = (grey, edges, at), []
            return None
        found = compare(self._first[1], edges)
        if found.alike < _RECOGNISED or _moved_px(found) > self._sway_px:
            self._first, self._alike = (grey, edges, at), []
            return None
        self._alike.append(found.patches)
        if len(self._alike) < _LESSONS:
            return None
        first, _, taken_at = self._first
        self._first = None
        steady = np.nan_to_num(np.median(np.stack(self._alike), axis=0), nan=-1.0) >= _STEADY
        if steady.mean() < _LEAST_STEADY:
            return None
        return Reference(first, np.asarray(steady, np.bool_), fineness_of(first, steady), taken_at)


class ViewWatch:
    """Compares the pictures of one pose with its reference; one thread owns it.

    Parameters
    ----------
    reference : Reference
        Of the pose.
    hfov_deg : float
        Horizontal field of view [deg].
    """

    def __init__(self, reference: Reference, hfov_deg: float) -> None:
        self._reference = reference
        self._edges = edges_of(reference.grey)
        self._focal_px = _WIDTH_PX / 2.0 / math.tan(math.radians(hfov_deg) / 2.0)
        self._checks: deque[Comparison] = deque(maxlen=_REMEMBERED)
        self._unknown = self._since_known = _LONG

    def check(self, grey: npt.NDArray[np.uint8]) -> ViewFindings:
        """Return what a picture (h, w) shows beside the reference; one of another shape tells nothing."""
        height, width = self._reference.grey.shape
        if grey.shape[1] != width or abs(grey.shape[0] - height) > _ROUNDING_PX:
            return ViewFindings()
        if grey.shape[0] != height:
            grey = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        found = compare(self._edges, edges_of(grey))
        steady = self._reference.steady & np.isfinite(found.strength)
        strength = float(np.median(found.strength[steady])) if steady.any() else 0.0
        patches = found.patches[steady]
        is_like = found.alike >= _RECOGNISED and patches.size > 0 and float(np.median(patches)) >= _KNOWN
        is_known = is_like and (_moved_px(found) <= _AGREE_PX or found.gained >= _LEAST_GAIN)
        fineness = fineness_of(grey, self._reference.steady)
        blurred = 1.0 - fineness / max(self._reference.fineness, 1e-3)
        findings = ViewFindings(
            fogged=_share(1.0 - strength), blurred=_share(blurred), is_other_view=self._is_other(is_known, strength)
        )
        if not is_known:
            return findings
        self._checks.append(found)
        covered, dirty = self._lost()
        return replace(findings, turned_deg=self._turned_deg(), covered=covered, dirty=dirty)

    def _is_other(self, is_known: bool, strength: float) -> bool:  # noqa: FBT001 - a fact of the check
        """Count checks without recognition; fog is no other view, nor is a season in which nothing was known lately."""
        self._since_known = 0 if is_known else self._since_known + 1
        self._unknown = 0 if is_known or strength < _FLAT else self._unknown + 1
        return self._unknown >= _TURN_CHECKS and self._since_known < _LONG

    def _turned_deg(self) -> float | None:
        last = list(self._checks)[-_TURN_CHECKS:]
        rights, downs = [each.right_px for each in last], [each.down_px for each in last]
        agree = max(max(rights) - min(rights), max(downs) - min(downs)) <= _AGREE_PX
        if len(last) < _TURN_CHECKS or not agree:
            return None
        moved_px = math.hypot(float(np.median(rights)), float(np.median(downs)))
        return math.degrees(math.atan2(moved_px, self._focal_px))

    def _lost(self) -> tuple[float | None, float | None]:
        """Return what one thing covers and what is dirty, by the best of the last checks."""
        if len(self._checks) < _REMEMBERED:
            return None, None
        alike = np.max(np.nan_to_num(np.stack([each.patches for each in self._checks]), nan=-1.0), axis=0)
        strength = np.max(np.nan_to_num(np.stack([each.strength for each in self._checks]), nan=-1.0), axis=0)
        asked = self._reference.steady & (strength >= 0.0)
        if not asked.any() or np.median(alike[asked]) < _RECOGNISED:
            return None, None
        is_seen = (alike >= _LOST) & (strength >= _FLAT * np.median(strength[asked]))
        hidden = asked & ~is_seen & _is_seen_behind(asked, is_seen)
        largest = _largest(hidden & (alike < _LOST))
        flat = hidden & (strength < _FLAT * np.median(strength[asked]))
        return float(largest.mean()), float(flat.sum()) / float(asked.sum())


def _is_seen_behind(asked: npt.NDArray[np.bool_], is_seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return for each row (ROWS, 1) whether most of the asked patches from it upwards, which lie farther, are seen."""
    behind = np.cumsum(asked.sum(axis=1))
    seen = np.cumsum((asked & is_seen).sum(axis=1))
    return np.asarray(seen >= _SEEN_BEHIND * np.maximum(behind, 1), np.bool_)[:, None]


def _largest(lost: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the largest connected part of what is lost."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(lost.astype(np.uint8), connectivity=8)
    if count < 2:  # noqa: PLR2004 - the ground counts as one
        return np.zeros_like(lost)
    return np.asarray(labels == 1 + int(np.argmax(facts[1:, cv2.CC_STAT_AREA])), np.bool_)


def _moved_px(found: Comparison) -> float:
    return math.hypot(found.right_px, found.down_px)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
