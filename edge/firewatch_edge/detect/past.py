"""What a fixed camera saw in the last quarter of an hour: the measure of what is new in a view."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["AGES_S", "WORKING_WIDTH", "Past", "ViewMemory"]

# How long ago the frames were taken that a smoke is compared with [s]: young smoke differs from all of them.
AGES_S = (60.0, 180.0, 360.0, 720.0)
# Views are compared at this width [px]: that of the detector's input.
WORKING_WIDTH = 1280
# A frame younger than this shows the same smoke in the same shape.
_YOUNGEST_S = 20.0
_OLDEST_S = 1.5 * AGES_S[-1]
# Kept frames lie at least so far apart [s], and farther the older they are: at most about 20 frames in all.
_SPACING_S, _SPACING_SHARE = 30.0, 0.2
# PNG, quick rather than small: 35 ms and 1.2 MB of 2.8, where the defaults take 50 ms for as much.
_PACKING = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB)
_LOSSY = (cv2.IMWRITE_JPEG_QUALITY, 95)
# Camera shake is measured on pictures of this width [px].
_SHIFT_WIDTH = 640
# A mast in the wind moves the picture by less than this share of its width; more is another view.
_MOST_SHIFT = 0.06
_LEAST_LIKENESS = 0.05
# After so many frames in a row that show another view, for so long [s], the camera has turned; fewer are a hand, glare.
_STRANGE_FRAMES, _STRANGE_S = 3, 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Earlier frames of a view, as they would lie on the present one.

    Parameters
    ----------
    images : tuple of ndarray, each of shape (h, w, 3), uint8
        At the working size, not shifted.
    ages_s : tuple of float
        How long ago each was taken [s], one for each of `AGES_S`; a frame may stand for several ages.
    shifts : tuple of (float, float)
        What to add to x and y of a place in the present frame to find it in each of them [px].
    """

    images: tuple[npt.NDArray[np.uint8], ...]
    ages_s: tuple[float, ...]
    shifts: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A frame as it is compared."""

    at_s: float
    image: npt.NDArray[np.uint8]
    outline: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A remembered frame, packed without loss: to the bit the verifier sees what was seen."""

    at_s: float
    shape: tuple[int, ...]
    packed: npt.NDArray[np.uint8]


class ViewMemory:
    """Remembers one view; one thread owns it.

    At most about twenty frames, packed to less than half, and the four that were compared last: 40 MB at 1280 x 720. A
    picture of another size, or an earlier time, begins it anew.
    A frame in which nothing of the view is found (a hand before the lens, glare, a bank of fog) has no past and is not
    remembered. After three such frames in a row, and 60 s of them, the view has changed: the newest begins it anew.

    Parameters
    ----------
    most_frames : int
        Never more frames than this, at least 3: for the many views of a camera that turns.
    oldest_s : float
        What is older is forgotten [s].
    is_exact : bool
        False keeps frames as JPEG, and none unpacked: 8 MB, for which the verifier's probabilities move by up to 0.02.
    speed : float
        Seconds of the scene in one of the clock: more than 1 where recorded frames are played faster. All ages here are
        the scene's.
    is_frugal : bool
        True keeps no frame unpacked: 15 MB less, 65 ms more for a look, and the same past.
    """

    def __init__(
        self,
        most_frames: int = 64,
        oldest_s: float = _OLDEST_S,
        *,
        is_exact: bool = True,
        speed: float = 1.0,
        is_frugal: bool = False,
    ) -> None:
        require_at_least("remembered frames", most_frames, 3)
        self.speed = speed
        self._most_frames = most_frames
        self._oldest_s = oldest_s
        self._is_exact = is_exact
        self._is_frugal = is_frugal or not is_exact
        self._kept: deque[_Kept] = deque()
        # Those of the last look, unpacked: each stands for its age for half a minute or more.
        self._seen: dict[_Kept, _Seen] = {}
        # When the frames since the last one of this view were taken [s].
        self._strange_s: list[float] = []
        self._window: npt.NDArray[np.float32] | None = None

    def look_back(self, image: npt.NDArray[np.uint8], at_s: float) -> Past | None:
        """Return the past of a frame, and remember the frame.

        Parameters
        ----------
        image : ndarray, shape (h, w, 3), uint8
            At the working size, as of `at_working_size`; it must not be changed afterwards.
        at_s : float
            When it was taken, on any clock [s].

        Returns
        -------
        Past or None
            None where no earlier frame of this view is at least 20 s old, and where this one shows another view.
        """
        require_at_least("frame width (px)", image.shape[1], 16)
        at_s *= self.speed
        if self._kept and (self._kept[-1].shape != image.shape or self._kept[-1].at_s >= at_s):
            self._begin_anew()
        now = _Seen(at_s, image, self._outline(image))
        while self._kept and at_s - self._kept[0].at_s > self._oldest_s:
            self._kept.popleft()
        old = [kept for kept in self._kept if at_s - kept.at_s >= _YOUNGEST_S]
        past = self._past(now, old) if old else None
        if old and past is None:
            if not self._has_changed(at_s):
                return None
            self._begin_anew()
        self._strange_s.clear()
        self._remember(now)
        return past

    def copy(self) -> ViewMemory:
        """Return another memory of the same past: what either remembers from now on, the other does not know."""
        other = ViewMemory(
            self._most_frames,
            self._oldest_s,
            is_exact=self._is_exact,
            speed=self.speed,
            is_frugal=self._is_frugal,
        )
        other._kept.extend(self._kept)
        return other

    def for_close_up(self) -> ViewMemory:
        """Return an empty memory for a part of the view seen sharper: as long, of as many frames, packed smaller."""
        return ViewMemory(self._most_frames, self._oldest_s, is_exact=False, speed=self.speed)

    def forget(self) -> None:
        """Begin anew, as after the camera has turned."""
        self._begin_anew()
        self._strange_s.clear()

    def _begin_anew(self) -> None:
        self._kept.clear()
        self._seen.clear()

    def _has_changed(self, at_s: float) -> bool:
        """Take note of a frame that shows another view; tell whether the camera must have turned."""
        self._strange_s.append(at_s)
        if len(self._kept) == 1:
            # It may be this one that was odd, and there is little to lose.
            return True
        return len(self._strange_s) >= _STRANGE_FRAMES and at_s - self._strange_s[0] >= _STRANGE_S

    def _past(self, now: _Seen, old: list[_Kept]) -> Past | None:
        """Return the past that is made of some frames; None where the present one shows another view than all."""
        chosen = [_of_age(old, now.at_s - age_s) for age_s in AGES_S]
        self._seen = {kept: self._seen.get(kept) or self._unpacked(kept) for kept in chosen}
        shifts = {kept: self._shift(now, seen) for kept, seen in self._seen.items()}
        placed = [(self._seen[kept], shift) for kept in chosen if (shift := shifts[kept]) is not None]
        if not placed:
            return None
        # Where a frame shows another view, its neighbour in age stands for it.
        placed = (placed + placed[-1:] * len(AGES_S))[: len(AGES_S)]
        if self._is_frugal:
            self._seen.clear()
        return Past(
            tuple(seen.image for seen, _ in placed),
            tuple(now.at_s - seen.at_s for seen, _ in placed),
            tuple(shift for _, shift in placed),
        )

    def _unpacked(self, kept: _Kept) -> _Seen:
        image = np.asarray(cv2.imdecode(kept.packed, cv2.IMREAD_COLOR), np.uint8)
        return _Seen(kept.at_s, image, self._outline(image))

    def _remember(self, now: _Seen) -> None:
        if not self._kept or now.at_s - self._kept[-1].at_s >= _SPACING_S:
            form = (".png", _PACKING) if self._is_exact else (".jpg", _LOSSY)
            self._kept.append(_Kept(now.at_s, now.image.shape, cv2.imencode(form[0], now.image, form[1])[1]))
        # Thin out: one may go where its neighbours lie close enough for their age without it.
        middle = 1
        while middle < len(self._kept) - 1:
            gap_s = self._kept[middle + 1].at_s - self._kept[middle - 1].at_s
            if gap_s <= max(_SPACING_S, _SPACING_SHARE * (now.at_s - self._kept[middle].at_s)):
                del self._kept[middle]
            else:
                middle += 1
        while len(self._kept) > self._most_frames:
            # The first and the newest stay; of the others the one that its neighbours stand for best.
            gaps_s = [self._kept[i + 1].at_s - self._kept[i - 1].at_s for i in range(1, len(self._kept) - 1)]
            del self._kept[1 + gaps_s.index(min(gaps_s))]

    def _outline(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the edges of a small picture: they stay where light changes."""
        height = max(8, round(image.shape[0] * _SHIFT_WIDTH / image.shape[1]))
        small = cv2.resize(image, (_SHIFT_WIDTH, height), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
        edges = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        return np.asarray(np.log1p(edges), np.float32)

    def _shift(self, now: _Seen, kept: _Seen) -> tuple[float, float] | None:
        """Return where the present frame's places lie in a kept one [px]; None where it shows another view."""
        if self._window is None or self._window.shape != now.outline.shape:
            self._window = np.asarray(cv2.createHanningWindow(now.outline.shape[::-1], cv2.CV_32F), np.float32)
        # Copies: where nothing must be padded, OpenCV multiplies what it is given by the window, in place.
        (x, y), likeness = cv2.phaseCorrelate(now.outline.copy(), kept.outline.copy(), self._window)
        if likeness < _LEAST_LIKENESS or max(abs(x), abs(y)) > _MOST_SHIFT * _SHIFT_WIDTH:
            return None
        scale = now.image.shape[1] / _SHIFT_WIDTH
        return x * scale, y * scale


def _of_age(frames: list[_Kept], at_s: float) -> _Kept:
    """Return the frame that was taken nearest to a time; the older of two that are as near."""
    return min(frames, key=lambda kept: abs(kept.at_s - at_s))
