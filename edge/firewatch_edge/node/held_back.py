"""What was found and not reported: listed with its reason and a small picture, so that nothing is silently gone."""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from firewatch.domain.ids import CameraId, PoseId, make_ulid
from firewatch_edge.confirm import affinity

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.vision import Box, FrameStamp

__all__ = ["Held", "HeldBack", "HeldDetection", "HeldReason"]

HeldReason = Literal["mask", "danger", "night"]

# The same place for the same reason within this time is one entry: a chimney must not push all else out.
_SAME_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Held:
    """One detection of one frame that would have counted.

    Parameters
    ----------
    reason : {"mask", "danger", "night"}
        It lies in masks; the threshold is raised for the day's low fire danger; the model was not tried at night.
    box : Box
        In pixels of the frame.
    score : float
        The probability that would have counted.
    note : str
        The masks' names.
    """

    reason: HeldReason
    box: Box
    score: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class HeldDetection:
    """What was held back at one place of one pose, over the frames that showed it.

    Parameters
    ----------
    held_id : str
        ULID.
    camera_id, pose_id
        Whose picture.
    held : Held
        The best of its frames.
    stamp : FrameStamp
        That frame.
    first_at, last_at : datetime
        UTC instants of its first and last frame.
    times : int
        In how many frames.
    crop : bytes
        A small JPEG of the best frame's place; empty where none could be made.
    """

    held_id: str
    camera_id: CameraId
    pose_id: PoseId
    held: Held
    stamp: FrameStamp
    first_at: datetime
    last_at: datetime
    times: int
    crop: bytes


class HeldBack:
    """The latest places that were held back; in memory, bounded; the detector's thread adds, any thread reads.

    Parameters
    ----------
    most : int
        Entries; beyond it the one that was seen longest ago goes.
    """

    def __init__(self, most: int = 200) -> None:
        self._entries: deque[HeldDetection] = deque()
        self._most = most
        self._lock = threading.Lock()
        # Entries that had to go since the start.
        self.dropped = 0

    def add(
        self, camera_id: CameraId, pose_id: PoseId, held: Held, stamp: FrameStamp, crop: Callable[[], bytes]
    ) -> None:
        """Add one detection, to its place's entry where there is one; the picture is made only where it is kept."""
        with self._lock:
            old = self._entry_of(camera_id, pose_id, held, stamp)
            if old is None:
                held_id = make_ulid(stamp.captured_at, os.urandom(10))
                at = stamp.captured_at
                entry = HeldDetection(held_id, camera_id, pose_id, held, stamp, at, at, 1, crop())
            else:
                self._entries.remove(old)
                entry = replace(old, last_at=stamp.captured_at, times=old.times + 1)
                if held.score > old.held.score:
                    entry = replace(entry, held=held, stamp=stamp, crop=crop())
            self._entries.append(entry)
            while len(self._entries) > self._most:
                self._entries.popleft()
                self.dropped += 1

    def _entry_of(self, camera_id: CameraId, pose_id: PoseId, held: Held, stamp: FrameStamp) -> HeldDetection | None:
        for entry in reversed(self._entries):
            is_like = (entry.camera_id, entry.pose_id, entry.held.reason) == (camera_id, pose_id, held.reason)
            is_sized = (entry.stamp.width_px, entry.stamp.height_px) == (stamp.width_px, stamp.height_px)
            is_near = abs(stamp.captured_at - entry.last_at) <= _SAME_WITHIN
            if is_like and is_sized and is_near and affinity(entry.held.box, held.box) > 0.0:
                return entry
        return None

    def latest(self, most: int = 50, since: datetime | None = None) -> tuple[HeldDetection, ...]:
        """Return entries, the one seen last first.

        Parameters
        ----------
        most : int
            At most so many.
        since : datetime, optional
            Only those seen at or after this UTC instant.

        Returns
        -------
        tuple of HeldDetection
            They stay in the list.
        """
        with self._lock:
            found = [entry for entry in reversed(self._entries) if since is None or entry.last_at >= since]
        return tuple(found[:most])

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
