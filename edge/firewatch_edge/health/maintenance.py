"""Somebody works on the mast until a stated time: kept on the disk, ended by the clock, never longer than a day."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec

from firewatch.domain.ids import SLUG_PATTERN, CameraId
from firewatch.errors import InvalidValue
from firewatch_edge.health.whole_file import write_file_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_MINUTES", "Maintenance", "MaintenanceFile"]

logger = logging.getLogger(__name__)

# Longer than a shift and a night nobody stands on a mast; what is forgotten ends by itself.
MOST_MINUTES = 24 * 60
_MOST_REASON = 200
# Of the whole node, in place of a camera.
_ALL = ""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    camera: Annotated[str, msgspec.Meta(pattern=rf"^$|{SLUG_PATTERN}")]
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    until: Annotated[datetime, msgspec.Meta(tz=True)]
    reason: Annotated[str, msgspec.Meta(max_length=_MOST_REASON)] = ""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A stretch of work.

    Parameters
    ----------
    camera_id : CameraId or None
        Of one camera; None of all.
    started_at, until : datetime
        UTC instants.
    reason : str
        What is done.
    """

    camera_id: CameraId | None
    started_at: datetime
    until: datetime
    reason: str

    def holds(self, at: datetime) -> bool:
        """Tell whether it goes on at a time: a clock set back before its start does not prolong it."""
        return self.started_at - _EARLY <= at < self.until


# A clock that is put right by a little must not end it.
_EARLY = timedelta(minutes=10)


class MaintenanceFile:
    """The node reads it, the command line writes it; both may do so at any time.

    Parameters
    ----------
    path : Path
        The file; where there is none, nobody works.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._known: tuple[Maintenance, ...] = ()

    def begin(self, camera_id: CameraId | None, minutes: float, reason: str, at: datetime) -> Maintenance:
        """Begin or renew one.

        Parameters
        ----------
        camera_id : CameraId or None
            Of one camera; None of all.
        minutes : float
            From now on, at most a day.
        reason : str
            What is done, at most 200 characters, on one line.
        at : datetime
            UTC, now.

        Raises
        ------
        InvalidValue
            If it would be too long, or the reason is no single line.
        OSError
            If it cannot be written.
        """
        if not 0.0 < minutes <= MOST_MINUTES:
            raise InvalidValue("minutes of maintenance", minutes, f"above 0, at most {MOST_MINUTES}; renew it later")
        if len(reason) > _MOST_REASON or not reason.isprintable():
            raise InvalidValue(
                "reason of the maintenance", reason[:80], f"one line of at most {_MOST_REASON} characters"
            )
        begun = Maintenance(camera_id, at, at + timedelta(minutes=minutes), reason)
        others = [each for each in self._read() if each.camera_id != camera_id and each.holds(at)]
        self._write([*others, begun])
        return begun

    def end(self, camera_id: CameraId | None) -> bool:
        """End one, of all cameras where None is given; return whether there was any. Raises `OSError`."""
        known = self._read()
        others = [] if camera_id is None else [each for each in known if each.camera_id != camera_id]
        self._write(others)
        return len(others) < len(known)

    def present(self, at: datetime) -> tuple[Maintenance, ...]:
        """Return what goes on now; never raises: a file that cannot be read is no reason to hold a fire back."""
        try:
            facts = self._path.stat()
        except OSError:
            self._stamp, self._known = None, ()
            return ()
        stamp = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
        if stamp != self._stamp:
            self._stamp, self._known = stamp, self._read()
        return tuple(each for each in self._known if each.holds(at))

    def of(self, camera_id: CameraId, at: datetime) -> Maintenance | None:
        """Return what goes on at a camera now, the longest; None where nothing does."""
        here = [each for each in self.present(at) if each.camera_id in {None, camera_id}]
        return max(here, key=lambda each: each.until, default=None)

    def _read(self) -> tuple[Maintenance, ...]:
        try:
            entries = msgspec.json.decode(self._path.read_bytes(), type=list[_Entry])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.DecodeError) as err:
            logger.error("maintenance.unreadable", extra={"path": str(self._path), "why": str(err)})  # noqa: TRY400 - no fault of ours
            return ()
        longest = timedelta(minutes=MOST_MINUTES)
        return tuple(
            Maintenance(
                CameraId(entry.camera) if entry.camera else None,
                entry.started_at,
                min(entry.until, entry.started_at + longest),
                entry.reason,
            )
            for entry in entries
        )

    def _write(self, kept: list[Maintenance]) -> None:
        entries = [_Entry(each.camera_id or _ALL, each.started_at, each.until, each.reason) for each in kept]
        write_file_whole(self._path, msgspec.json.format(msgspec.json.encode(entries)) + b"\n")
