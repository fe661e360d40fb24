"""Hotspots of satellites, each once, and what people found where they looked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from firewatch.adapters.store.database import last_mark, lock_marks, set_mark, storable, upsert
from firewatch.adapters.store.hotspot_tables import hotspot_verdicts, hotspots
from firewatch.adapters.store.instants import from_us, from_us_or_none, to_us
from firewatch.domain.geo import Position
from firewatch.domain.hotspot import Hotspot, HotspotConfidence, HotspotId, KeptHotspot, Verdict, VerdictReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Row

    from firewatch.adapters.store.database import Database

__all__ = ["SqlHotspotBook"]

_MARK = "hotspots"
_LONGEST = 40
_LONGEST_NAME = 80


class SqlHotspotBook:
    """Fulfils `firewatch.services.hotspots.HotspotBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, given: Sequence[KeptHotspot]) -> int:
        """Store those that are not known yet, in one transaction; return how many they were."""
        rows = {one.hotspot_id: _row(one) for one in given}
        if not rows:
            return 0
        with self._database.writing() as connection:
            mark = lock_marks(connection, _MARK)
            count = select(func.count()).select_from(hotspots)
            before = connection.execute(count).scalar_one()
            statement = upsert(connection, hotspots).on_conflict_do_nothing(index_elements=["hotspot_id"])
            connection.execute(statement, [rows[key] for key in sorted(rows)])
            new = int(connection.execute(count).scalar_one()) - int(before)
            if new:
                set_mark(connection, _MARK, mark + 1)
        return new

    def between(self, since: datetime, until: datetime) -> tuple[KeptHotspot, ...]:
        """Return those from `since` to `until`, both included, oldest first."""
        at = hotspots.c["at"]
        query = select(hotspots).where(at.between(to_us(since), to_us(until))).order_by(at, hotspots.c.hotspot_id)
        with self._database.reading() as connection:
            return tuple(_kept(row) for row in connection.execute(query).all())

    def say(self, verdict: Verdict) -> None:
        """Store a verdict."""
        row = {
            "verdict_id": verdict.verdict_id,
            "members": json.dumps(verdict.members),
            "reason": verdict.reason.value,
            "note": storable(verdict.note),
            "at": to_us(verdict.at),
            "by": storable(verdict.by)[:_LONGEST_NAME],
            "undone_by": "",
        }
        with self._database.writing() as connection:
            mark = lock_marks(connection, _MARK)
            connection.execute(insert(hotspot_verdicts), row)
            set_mark(connection, _MARK, mark + 1)

    def undo(self, verdict_id: str, at: datetime, by: str) -> bool:
        """Mark a verdict as taken back; return False where it was already, or is unknown."""
        columns = hotspot_verdicts.c
        this = (columns.verdict_id == verdict_id, columns.undone_at.is_(None))
        taken = {"undone_at": to_us(at), "undone_by": storable(by)[:_LONGEST_NAME]}
        with self._database.writing() as connection:
            mark = lock_marks(connection, _MARK)
            is_undone = connection.execute(update(hotspot_verdicts).where(*this).values(taken)).rowcount > 0
            if is_undone:
                set_mark(connection, _MARK, mark + 1)
        return is_undone

    def verdicts(self, since: datetime) -> tuple[Verdict, ...]:
        """Return the verdicts since an instant, those taken back, too, oldest first."""
        at = hotspot_verdicts.c["at"]
        query = select(hotspot_verdicts).where(at >= to_us(since)).order_by(at, hotspot_verdicts.c.verdict_id)
        with self._database.reading() as connection:
            return tuple(_verdict(row) for row in connection.execute(query).all())

    def changes(self) -> int:
        """Return a number that rises with each change."""
        with self._database.reading() as connection:
            return last_mark(connection, _MARK)

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some hotspots older than so long behind both now and the newest; return how many."""
        at = hotspots.c["at"]
        with self._database.reading() as connection:
            newest = connection.execute(select(func.max(at))).scalar()
            if newest is None:
                return 0
            is_old = at < min(to_us(now), newest) - round(than.total_seconds() * 1e6)
            found = connection.execute(select(at).where(is_old).order_by(at).limit(most)).scalars().all()
        if not found:
            return 0
        with self._database.writing() as connection:
            return connection.execute(delete(hotspots).where(at <= found[-1])).rowcount


def _row(kept: KeptHotspot) -> dict[str, Any]:
    one = kept.hotspot
    return {
        "hotspot_id": kept.hotspot_id,
        "source": storable(kept.source),
        "satellite": storable(one.satellite),
        "at": to_us(one.at),
        "lat_deg": one.position.lat_deg,
        "lon_deg": one.position.lon_deg,
        "confidence": None if one.confidence is None else one.confidence.value,
        "size_km2": one.size_km2,
        "frp_mw": one.frp_mw,
        "brightness_k": one.brightness_k,
        "told_confidence": storable(one.told_confidence)[:_LONGEST],
        "received_at": to_us(kept.received_at),
    }


def _kept(row: Row[Any]) -> KeptHotspot:
    hotspot = Hotspot(
        Position(row.lat_deg, row.lon_deg),
        from_us(row.at),
        row.satellite,
        confidence=None if row.confidence is None else HotspotConfidence(row.confidence),
        size_km2=row.size_km2,
        frp_mw=row.frp_mw,
        brightness_k=row.brightness_k,
        told_confidence=row.told_confidence,
    )
    return KeptHotspot(hotspot, row.source, from_us(row.received_at))


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(
        verdict_id=row.verdict_id,
        members=tuple(HotspotId(member) for member in json.loads(row.members)),
        reason=VerdictReason(row.reason),
        at=from_us(row.at),
        by=row.by,
        note=row.note,
        undone_at=from_us_or_none(row.undone_at),
        undone_by=row.undone_by,
    )
