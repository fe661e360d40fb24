"""Masks that people draw at the centre; rows are added and marked, never deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from firewatch.adapters.store.camera_tables import tower_masks
from firewatch.adapters.store.database import storable
from firewatch.adapters.store.instants import from_us, from_us_or_none, to_us
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.tower_settings import PoseMask
from firewatch.services.masks import SetMask

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row

    from firewatch.adapters.store.database import Database

__all__ = ["SqlMaskBook"]

_columns = tower_masks.c
_LONGEST_NAME = 80


class SqlMaskBook:
    """Fulfils `firewatch.services.masks.MaskBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, mask: SetMask) -> None:
        """Store a new one."""
        placed = mask.placed
        row = {
            "mask_id": mask.mask_id,
            "tower_id": mask.tower_id,
            "camera_id": placed.camera_id,
            "pose_id": placed.pose_id,
            "name": storable(placed.mask.name),
            "reason": storable(placed.mask.reason),
            "polygon": json.dumps(placed.mask.polygon.points),
            "until": placed.mask.until,
            "set_at": to_us(mask.set_at),
            "set_by": storable(mask.set_by)[:_LONGEST_NAME],
            "removed_by": "",
        }
        with self._database.writing() as connection:
            connection.execute(insert(tower_masks), row)

    def remove(self, mask_id: str, at: datetime, by: str) -> bool:
        """Mark one as taken away; return False where it was already, or is unknown."""
        this = (_columns.mask_id == mask_id, _columns.removed_at.is_(None))
        taken = {"removed_at": to_us(at), "removed_by": storable(by)[:_LONGEST_NAME]}
        with self._database.writing() as connection:
            return connection.execute(update(tower_masks).where(*this).values(taken)).rowcount > 0

    def standing(self) -> tuple[SetMask, ...]:
        """Return those of all towers that were not taken away, in the order in which they were drawn."""
        query = select(tower_masks).where(_columns.removed_at.is_(None)).order_by(_columns.set_at, _columns.mask_id)
        with self._database.reading() as connection:
            return tuple(_mask(row) for row in connection.execute(query).all())

    def of_tower(self, tower_id: TowerId) -> tuple[SetMask, ...]:
        """Return all of one tower, the latest first."""
        query = select(tower_masks).where(_columns.tower_id == tower_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_columns.set_at.desc(), _columns.mask_id.desc())).all()
        return tuple(_mask(row) for row in rows)


def _mask(row: Row[Any]) -> SetMask:
    polygon = Polygon(tuple((float(x), float(y)) for x, y in json.loads(row.polygon)))
    mask = Mask(row.name, row.reason, polygon, row.until)
    return SetMask(
        mask_id=row.mask_id,
        tower_id=TowerId(row.tower_id),
        placed=PoseMask(CameraId(row.camera_id), PoseId(row.pose_id), mask),
        set_at=from_us(row.set_at),
        set_by=row.set_by,
        removed_at=from_us_or_none(row.removed_at),
        removed_by=row.removed_by,
    )
