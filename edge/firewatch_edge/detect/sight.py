"""How the frames of one pose are looked at: the whole of each, and tiles along the horizon while there is time."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import FrameUnavailableError
from firewatch_edge.detect.closeup import CloseUp
from firewatch_edge.detect.detector import Scan
from firewatch_edge.detect.horizon import Horizon
from firewatch_edge.detect.joining import joined, part_of
from firewatch_edge.detect.tiling import plan_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from firewatch.domain.vision import Frame
    from firewatch_edge.detect.detector import Detector
    from firewatch_edge.detect.past import ViewMemory
    from firewatch_edge.detect.tiling import Tile, TilePlan

    # Tells of a scan what is to be set aside, shape (n,).
    Masked = Callable[[Scan], npt.NDArray[np.bool_]]

__all__ = ["Sight", "TileTime", "TilesWanted"]

# Tiles follow the horizon when it has moved by more than this share of their height.
_LEAST_MOVE = 0.1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TilesWanted:
    """What tiles of a pose are made from.

    Parameters
    ----------
    hfov_deg : float
        Horizontal field of view that a rectilinear lens of this focal length has [deg].
    horizon : float or None
        Row of the horizon as a share of the height; None finds it in the frames.
    """

    hfov_deg: float
    horizon: float | None = None


class TileTime:
    """Says for how many tiles there is time; one thread owns it.

    A purse: each frame pays in the time that there is for a frame and draws what it took. So a node that is just too
    slow for a tile in each frame looks at one in every second.

    Parameters
    ----------
    per_frame_s : float
        Time that there is for a frame, of all cameras together [s].
    """

    # A node that was idle may make up for so many frames, and one that was too slow must for so many.
    _MOST_FRAMES = 2.0

    def __init__(self, per_frame_s: float) -> None:
        self._per_frame_s = per_frame_s
        self._purse_s = per_frame_s
        self._whole_s = self._tile_s = 0.0

    def tiles(self, most: int) -> int:
        """Return how many of at most `most` tiles there is time for in this frame."""
        return most if not self._tile_s else max(0, min(most, int((self._purse_s - self._whole_s) / self._tile_s)))

    def took(self, whole_s: float, tiles_s: Sequence[float] = ()) -> None:
        """Note what the whole frame took and what each tile [s]."""
        self._whole_s = _smoothed(self._whole_s, whole_s)
        for tile_s in tiles_s or (whole_s,):
            self._tile_s = _smoothed(self._tile_s, tile_s)
        self._pay(whole_s + sum(tiles_s) - self._per_frame_s)

    def also_took(self, second_s: float) -> None:
        """Note what the second stage took [s]."""
        self._pay(second_s)

    def _pay(self, seconds: float) -> None:
        most_s = self._MOST_FRAMES * self._per_frame_s
        self._purse_s = min(most_s, max(-most_s, self._purse_s - seconds))


def _smoothed(before: float, new: float) -> float:
    return new if not before else 0.8 * before + 0.2 * new


class Sight:
    """Looks at the frames of one pose; one thread owns it.

    Parameters
    ----------
    detector : Detector
        May be shared by all sights of a thread.
    wanted : TilesWanted or None
        None looks at the whole frame only.
    time_for : TileTime or None
        Shared by all poses of a thread; None looks at every tile of every frame.
    sharper : callable, optional
        Returns a frame's picture decoded at one part in so many of its size (1, 2, 4 or 8), asked for only when a tile
        is looked at; by default its `image`.
    """

    def __init__(
        self,
        detector: Detector,
        wanted: TilesWanted | None = None,
        time_for: TileTime | None = None,
        sharper: Callable[[Frame, int], npt.NDArray[np.uint8]] | None = None,
    ) -> None:
        self._detector = detector
        self._sharper = sharper or _as_it_is
        self._wanted = wanted
        self._time_for = time_for
        self._plan: TilePlan | None = None
        self._horizon = Horizon(None if wanted is None else wanted.horizon)
        # Of the whole view, where tiles are kept for a verifier: each is a view of its own, with its own past.
        self._view: ViewMemory | None = None
        # What of the last whole frame was set aside, in pixels of the frame as the camera gave it.
        self.set_aside = _nothing()
        self.close_ups: tuple[CloseUp, ...] = ()
        self._tiles: tuple[Tile, ...] = ()
        self._memories: dict[int, ViewMemory] = {}
        # Columns in the order of their turns; and those in which something was found when they were looked at last.
        self._turns: deque[int] = deque()
        self._found: deque[int] = deque()
        self._is_turn_of_found = False

    def remember_beside(self, view: ViewMemory) -> None:
        """Keep what tiles showed for a verifier, as long as a memory keeps the whole view."""
        self._view = view

    def another(self) -> Sight:
        """Return one that looks at frames in the same way, and has seen none yet."""
        return Sight(self._detector, self._wanted, self._time_for, self._sharper)

    def look(self, frame: Frame, is_masked: Masked | None = None) -> Scan:
        """Run the network over a frame, and over as many of its tiles as there is time for.

        Parameters
        ----------
        frame : Frame
            Of this pose.
        is_masked : callable, optional
            Tells of a scan in pixels of the frame what is to be set aside, shape (n,), before boxes suppress others.

        Returns
        -------
        Scan
            In pixels of the frame as the camera gave it; of a plume in two of them, one box.

        Raises
        ------
        InvalidValue, ModelError
            As of `Detector.scan`.
        """
        plan = self._plan_of(frame)
        self.close_ups = ()
        started_s = time.perf_counter()
        whole = self._without(_placed(self._detector.scan(frame.image), (0, 0), frame.image.shape, frame), is_masked)
        took_s = [time.perf_counter() - started_s]
        if plan is None or not plan.columns:
            return self._noted(whole, took_s)
        self._horizon.see(frame.image, frame.stamp.captured_at.timestamp())
        columns = self._columns(plan.columns if self._time_for is None else self._time_for.tiles(plan.columns))
        if not columns:
            return self._noted(whole, took_s)
        before_s = time.perf_counter()
        try:
            picture = self._sharper(frame, plan.decoded)
        except FrameUnavailableError as err:
            # What the whole frame shows counts all the same.
            logger.warning("tiles.no_picture", extra={"why": str(err)})
            return self._noted(whole, took_s)
        self._lay((picture.shape[1], picture.shape[0]), plan)
        parts = [self._part(frame, picture, column, columns, is_masked) for column in columns]
        took_s += [(time.perf_counter() - before_s) / len(columns)] * len(columns)
        scan = joined(whole, parts, self._detector.candidate_cut, self._detector.counts_from)
        return self._noted(scan, took_s)

    def _without(self, whole: Scan, is_masked: Masked | None) -> Scan:
        """Return the scan of the whole frame without what is set aside."""
        aside = None if is_masked is None else is_masked(whole)
        self.set_aside = _nothing() if aside is None else whole.only(aside)
        return whole if aside is None else whole.only(~aside)

    def take_close_ups(self) -> tuple[CloseUp, ...]:
        """Return the close-ups of the last frame, and let go of them: unpacked they are 14 MB each."""
        taken, self.close_ups = self.close_ups, ()
        return taken

    def also_took(self, second_s: float) -> None:
        """Note what the rest of a frame's work took [s]."""
        if self._time_for is not None:
            self._time_for.also_took(second_s)

    def _noted(self, scan: Scan, took_s: list[float]) -> Scan:
        if self._time_for is not None:
            self._time_for.took(took_s[0], took_s[1:])
        return scan

    def _plan_of(self, frame: Frame) -> TilePlan | None:
        if self._wanted is None:
            return None
        width, height = frame.stamp.width_px, frame.stamp.height_px
        plan = self._plan
        if plan is None or (plan.width_px, plan.height_px) != (width, height):
            plan = plan_tiles(width, height, self._wanted.hfov_deg, self._detector.input_px)
            self._plan, self._turns = plan, deque(range(plan.columns))
            self._found.clear()
            self._horizon.forget()
            self.forget()
        return plan

    def forget(self) -> None:
        """Forget what the tiles showed before, as after the camera has turned."""
        self._tiles, self.close_ups = (), ()
        self._memories.clear()

    def _lay(self, picture_px: tuple[int, int], plan: TilePlan) -> None:
        """Lay the tiles on the horizon; while it moves little they stay where they are, as their past does."""
        tiles = plan.tiles(picture_px, self._horizon.rows)
        before = self._tiles
        if len(before) == len(tiles) and all(
            (old.left, old.width, old.height) == (new.left, new.width, new.height)
            and abs(old.top - new.top) <= _LEAST_MOVE * new.height
            for old, new in zip(before, tiles, strict=True)
        ):
            return
        self.forget()
        self._tiles = tiles

    def _columns(self, number: int) -> list[int]:
        """Choose so many columns: by turns, and every second time one in which something was found."""
        chosen: list[int] = []
        while len(chosen) < number:
            self._is_turn_of_found = not self._is_turn_of_found
            again = next((c for c in self._found if c not in chosen), None) if self._is_turn_of_found else None
            column = next(c for c in self._turns if c not in chosen) if again is None else again
            self._turns.remove(column)
            self._turns.append(column)
            chosen.append(column)
        return chosen

    def _part(
        self,
        frame: Frame,
        picture: npt.NDArray[np.uint8],
        column: int,
        columns: list[int],
        is_masked: Masked | None,
    ) -> Scan:
        """Return what one tile shows, in pixels of the frame; what its neighbour shows better is left to that one."""
        tile = self._tiles[column]
        scan = self._detector.scan(tile.of(picture))
        if self._view is not None:
            self._remember(frame, picture.shape[1], column, self._view)
        if is_masked is not None:
            scan = scan.only(~is_masked(_placed(scan, (tile.left, tile.top), picture.shape, frame)))
        seen = part_of(
            scan,
            self._detector.candidate_cut,
            cut_left=column - 1 in columns,
            cut_right=column + 1 in columns,
        )
        if column in self._found:
            self._found.remove(column)
        if seen.scores.max(initial=0.0) >= self._detector.spec.confirmation.threshold:
            self._found.append(column)
        return _placed(seen, (tile.left, tile.top), picture.shape, frame)

    def _remember(self, frame: Frame, width_px: int, column: int, view: ViewMemory) -> None:
        """Add a tile, as the network has just seen it, to its own past; where it has one it is a close-up."""
        tile, image = self._tiles[column], self._detector.fitted()
        memory = self._memories.setdefault(column, view.for_close_up())
        past = memory.look_back(image, frame.stamp.captured_at.timestamp())
        if past is not None:
            whole = frame.stamp.width_px / width_px
            scale = image.shape[1] / (tile.width * whole)
            self.close_ups += (CloseUp(image, past, (tile.left * whole, tile.top * whole), scale),)


def _nothing() -> Scan:
    return Scan(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.float32), (1, 1))


def _as_it_is(frame: Frame, _: int) -> npt.NDArray[np.uint8]:
    return frame.image


def _placed(scan: Scan, corner: tuple[int, int], shape: tuple[int, ...], frame: Frame) -> Scan:
    """Return a scan of a part of a decoded picture of a shape in pixels of the frame as the camera gave it."""
    height, width = shape[:2]
    size = (frame.stamp.width_px, frame.stamp.height_px)
    if corner == (0, 0) and size == (width, height):
        return Scan(scan.boxes, scan.logits, scan.scores, size)
    factor = np.array([size[0] / width, size[1] / height] * 2, np.float32)
    boxes: npt.NDArray[np.floating] = (scan.boxes + np.array([*corner, *corner], np.float32)) * factor
    return Scan(boxes, scan.logits, scan.scores, size)
