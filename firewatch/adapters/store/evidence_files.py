"""Keeps pictures as files, and knows which have arrived."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from firewatch.adapters.store.schema import evidence
from firewatch.adapters.store.value_codec import value_from
from firewatch.domain.ids import CameraId, EvidenceId, SightingId, TowerId, require_ulid
from firewatch.domain.vision import Box, EvidenceKind, FrameStamp
from firewatch.errors import StoreError
from firewatch.services.labelling import PictureRecord
from firewatch.services.views import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Row

    from firewatch.adapters.store.database import Database
    from firewatch.domain.vision import Evidence

__all__ = ["EvidenceFolder", "SqlEvidenceIndex"]


class EvidenceFolder:
    """Fulfils `firewatch.services.ports.EvidenceFiles`.

    Parameters
    ----------
    folder : Path
        Made where absent. Pictures lie in up to 1024 folders below it, named by the last two characters of their ids:
        the first characters of a ULID are its time, which would fill one folder after the other.

    Raises
    ------
    StoreError
        If the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise _failed("make the folder", folder, err) from err

    def keep(self, evidence: Evidence) -> None:
        """Write, sync and rename the picture's file; keeping the same picture again changes nothing."""
        path = self._path(evidence.evidence_id)
        try:
            if not path.exists():
                _make_synced(path.parent)
                _write_synced(path, evidence.jpeg)
            # Also where it was there: an earlier try may have died between the rename and this.
            _sync_folder(path.parent)
        except OSError as err:
            raise _failed("keep the picture", path, err) from err

    def read(self, evidence_id: EvidenceId) -> bytes | None:
        """Return the picture, or None where there is none."""
        path = self._path(evidence_id)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as err:
            raise _failed("read the picture", path, err) from err

    def _path(self, evidence_id: EvidenceId) -> Path:
        # The check keeps a name from the network from leaving the folder.
        name = require_ulid("evidence", evidence_id)
        return self._folder / name[-2:] / f"{name}.jpg"


class SqlEvidenceIndex:
    """Fulfils `firewatch.services.ports.EvidenceIndex` and `firewatch.services.labelling.PictureRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pictures(self, sighting_ids: Sequence[SightingId]) -> tuple[Picture, ...]:
        """Return the pictures that have arrived of these sightings, in the order in which they were taken."""
        if not sighting_ids:
            return ()
        columns = evidence.c
        query = (
            select(columns.evidence_id, columns.sighting_id, columns.kind)
            .where(columns.sighting_id.in_(sighting_ids))
            .order_by(columns.captured_at, columns.evidence_id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Picture(EvidenceId(row.evidence_id), SightingId(row.sighting_id), EvidenceKind(row.kind)) for row in rows
        )

    def records(self, sighting_ids: Sequence[SightingId]) -> tuple[PictureRecord, ...]:
        """Return all that is known of the pictures of these sightings, in the order in which they were taken."""
        if not sighting_ids:
            return ()
        columns = evidence.c
        query = select(evidence).where(columns.sighting_id.in_(sighting_ids))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(columns.captured_at, columns.evidence_id)).all()
        return tuple(_record(row) for row in rows)


def _record(row: Row[Any]) -> PictureRecord:
    return PictureRecord(
        EvidenceId(row.evidence_id),
        SightingId(row.sighting_id),
        TowerId(row.tower_id),
        CameraId(row.camera_id),
        EvidenceKind(row.kind),
        value_from(FrameStamp, row.stamp),
        None if row.box is None else value_from(Box, row.box),
        row.is_exercise,
    )


def _failed(what: str, path: Path, err: OSError) -> StoreError:
    why = err.strerror or str(err)
    return StoreError(f"could not {what} {path}: {why}; check the disk's free space and who may write there")


def _make_synced(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _write_synced(path: Path, content: bytes) -> None:
    # Of this process alone: two intakes may keep the same picture at once.
    temporary = path.with_suffix(f".{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
