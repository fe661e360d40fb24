"""The latest picture of a pose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from firewatch.adapters.store.instants import from_us
from firewatch.adapters.store.schema import evidence
from firewatch.adapters.store.sighting_book import SqlSightingBook
from firewatch.domain.ids import EvidenceId, SightingId
from firewatch.domain.vision import EvidenceKind

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.adapters.store.database import Database
    from firewatch.domain.ids import CameraId, PoseId, TowerId

__all__ = ["SqlPoseViews"]

_columns = evidence.c
# A camera has a few poses; if none of its latest frames is of this one, an older one would hardly show it as it is.
_LOOKED_AT = 200


class SqlPoseViews:
    """Fulfils `firewatch.services.masks.PoseViews`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sightings = SqlSightingBook(database)

    def latest(self, tower_id: TowerId, camera_id: CameraId, pose_id: PoseId) -> tuple[EvidenceId, datetime] | None:
        """Return the latest whole frame of a pose and when it was taken; None where none has come."""
        frames = (
            select(_columns.evidence_id, _columns.sighting_id, _columns.captured_at)
            .where(
                _columns.tower_id == tower_id,
                _columns.camera_id == camera_id,
                _columns.kind == EvidenceKind.FRAME.value,
            )
            .order_by(_columns.captured_at.desc(), _columns.evidence_id)
            .limit(_LOOKED_AT)
        )
        with self._database.reading() as connection:
            rows = connection.execute(frames).all()
        ids = list(dict.fromkeys(SightingId(row.sighting_id) for row in rows))
        of_pose = {
            one.sighting.sighting_id for one in self._sightings.sightings(ids) if one.sighting.pose_id == pose_id
        }
        for row in rows:
            if row.sighting_id in of_pose:
                return EvidenceId(row.evidence_id), from_us(row.captured_at)
        return None
