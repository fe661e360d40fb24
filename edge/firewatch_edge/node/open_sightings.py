"""The sightings that are open, kept over a restart: the same fire goes on as the same sighting, or is ended."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import msgspec

from firewatch.domain.ids import MessageId, make_ulid
from firewatch.domain.vision import SightingPhase
from firewatch.errors import WireError
from firewatch.wire import codec
from firewatch_edge.node.kept_file import read_kept, write_kept

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firewatch.domain.ids import SightingId
    from firewatch.domain.vision import Sighting
    from firewatch_edge.confirm import Viewpoint

__all__ = ["OpenSightings"]

logger = logging.getLogger(__name__)


class OpenSightings:
    """Remembers the last revision of each sighting that has not ended; one thread owns it.

    Parameters
    ----------
    path : Path or None
        Where they are kept; None keeps nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._open: dict[SightingId, Sighting] = {}
        for sighting in [] if path is None else _read(path):
            self._open[sighting.sighting_id] = sighting

    def of(self, viewpoint: Viewpoint) -> tuple[Sighting, ...]:
        """Return those of a pose as it is calibrated now: after a new calibration boxes of before mean nothing."""
        calibration_id = viewpoint.calibration.calibration_id
        return tuple(each for each in self.of_pose(viewpoint) if each.calibration_id == calibration_id)

    def outdated(self, viewpoint: Viewpoint) -> tuple[Sighting, ...]:
        """Return those of a pose by another calibration: nothing can carry them on."""
        calibration_id = viewpoint.calibration.calibration_id
        return tuple(each for each in self.of_pose(viewpoint) if each.calibration_id != calibration_id)

    def of_pose(self, view: Viewpoint) -> tuple[Sighting, ...]:
        """Return those of a pose, however it was calibrated."""
        own = (view.tower_id, view.camera_id, view.pose_id)
        return tuple(each for each in self._open.values() if (each.tower_id, each.camera_id, each.pose_id) == own)

    def exercises(self) -> tuple[Sighting, ...]:
        """Return those of a drill: an earlier run's is not carried on."""
        return tuple(each for each in self._open.values() if each.is_exercise)

    def note(self, changes: Iterable[Sighting]) -> None:
        """Take note of revisions before they are handed on; a disk that refuses is logged and costs no sighting.

        Killed between the two, the node leaves out a revision; the other way round it would give one number twice.
        """
        before = dict(self._open)
        for sighting in changes:
            if sighting.phase is SightingPhase.ENDED:
                self._open.pop(sighting.sighting_id, None)
            else:
                self._open[sighting.sighting_id] = sighting
        if self._path is None or self._open == before:
            return
        messages = [
            msgspec.Raw(codec.encode_sighting(each, MessageId(make_ulid(each.observed_at, os.urandom(10)))))
            for each in self._open.values()
        ]
        try:
            write_kept(self._path, msgspec.json.encode(messages))
        except OSError as err:
            logger.critical("open_sightings.not_kept", extra={"why": str(err), "open": len(self._open)})


def _read(path: Path) -> list[Sighting]:
    content = read_kept(path)
    if not content:
        return []
    try:
        messages = msgspec.json.decode(content, type=list[msgspec.Raw])
        return [codec.decode_sighting(bytes(message)).value for message in messages]
    except (msgspec.MsgspecError, UnicodeDecodeError, WireError) as err:
        logger.error("open_sightings.unreadable", extra={"path": str(path), "why": str(err)})  # noqa: TRY400 - as above
        return []
