"""Hourly readings, forecasts, and the danger outlooks made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from firewatch.adapters.store.database import last_mark, lock_marks, set_mark, storable, upsert
from firewatch.adapters.store.instants import from_us, to_us
from firewatch.adapters.store.schema import forecasts, hourly_readings, outlooks
from firewatch.adapters.store.value_codec import to_json, value_from, values_from
from firewatch.adapters.store.weather_books import DANGER_MARK
from firewatch.domain.danger import Outlook
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, Forecast, HourlyReading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Column, Row, Table

    from firewatch.adapters.store.database import Database

__all__ = ["SqlForecastBook", "SqlHourBook", "SqlOutlookBook"]

_FORECASTS = "forecasts"
_MEASURED = ("temp_c", "rh_pct", "wind_kmh", "rain_mm", "wind_from_deg")


class SqlHourBook:
    """Fulfils `firewatch.services.weather_ports.HourBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, readings: Sequence[HourlyReading]) -> None:
        """Store readings by (station, instant, source); a later one of the same replaces it."""
        if not readings:
            return
        rows = {(one.station_id, one.at, one.source): _hour_row(one) for one in readings}
        with self._database.writing() as connection:
            statement = upsert(connection, hourly_readings)
            statement = statement.on_conflict_do_update(
                index_elements=["station_id", "at", "source"],
                set_={name: statement.excluded[name] for name in (*_MEASURED, "doubts")},
            )
            connection.execute(statement, [rows[key] for key in sorted(rows)])

    def hours(self, station_id: StationId, since: datetime, until: datetime) -> tuple[HourlyReading, ...]:
        """Return a station's readings from `since` to `until`, both included, in the order of (at, source)."""
        columns = hourly_readings.c
        is_within = columns["at"].between(to_us(since), to_us(until))
        query = select(hourly_readings).where(columns.station_id == station_id, is_within)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(columns["at"])).all()
        # Here, not by the database: each orders texts by rules of its own.
        return tuple(sorted((_hour(row) for row in rows), key=lambda one: (one.at, one.source)))

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some readings older than so long; return how many."""
        return _drop_older(self._database, hourly_readings, hourly_readings.c["at"], (than, now, most))


def _drop_older(
    database: Database, table: Table, instants: Column[int], limits: tuple[timedelta, datetime, int]
) -> int:
    """Delete the oldest rows of the first station that has any so old, in one small transaction; return how many.

    Old is what lies so far behind both now and the station's newest row: a clock that leaps ahead empties nothing.
    """
    than, now, most = limits
    name = table.c.station_id
    station: str | None = ""
    while True:
        with database.reading() as connection:
            # Station by station, by the primary key: no row is read that stays.
            station = connection.execute(select(func.min(name)).where(name > station)).scalar()
            if station is None:
                return 0
            newest = connection.execute(select(func.max(instants)).where(name == station)).scalar_one()
            is_old = (name == station) & (instants < min(to_us(now), newest) - round(than.total_seconds() * 1e6))
            found = connection.execute(select(instants).where(is_old).order_by(instants).limit(most)).scalars().all()
        if found:
            with database.writing() as connection:
                return connection.execute(delete(table).where(name == station, instants <= found[-1])).rowcount


def _hour_row(reading: HourlyReading) -> dict[str, Any]:
    measured = {name: getattr(reading, name) for name in _MEASURED}
    key = {"station_id": reading.station_id, "at": to_us(reading.at), "source": storable(reading.source)}
    return key | measured | {"doubts": storable(to_json(reading.doubts))}


def _hour(row: Row[Any]) -> HourlyReading:
    return HourlyReading(
        station_id=StationId(row.station_id),
        at=from_us(row.at),
        source=row.source,
        temp_c=row.temp_c,
        rh_pct=row.rh_pct,
        wind_kmh=row.wind_kmh,
        rain_mm=row.rain_mm,
        doubts=values_from(Doubt, row.doubts),
        wind_from_deg=row.wind_from_deg,
    )


class SqlForecastBook:
    """Fulfils `firewatch.services.weather_ports.ForecastBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, given: Sequence[Forecast]) -> None:
        """Store forecasts by (station, source, issue time); the same again is no change, another one replaces it."""
        if not given:
            return
        latest = {(one.station_id, one.source, one.issued_at): one for one in given}
        bodies = {key: storable(to_json(latest[key])) for key in sorted(latest)}
        with self._database.writing() as connection:
            mark = lock_marks(connection, _FORECASTS)
            statement = upsert(connection, forecasts)
            changed = statement.excluded
            statement = statement.on_conflict_do_update(
                index_elements=["station_id", "source", "issued_at"],
                set_={"mark": changed.mark, "body": changed.body},
                where=forecasts.c.body != changed.body,
            )
            rows = [
                {"station_id": key[0], "source": storable(key[1]), "issued_at": to_us(key[2]), "body": body}
                for key, body in bodies.items()
            ]
            connection.execute(statement, [row | {"mark": mark + n} for n, row in enumerate(rows, start=1)])
            set_mark(connection, _FORECASTS, mark + len(rows))

    def latest(self, station_id: StationId) -> tuple[Forecast, ...]:
        """Return the latest issued forecast of each source, the latest issued first."""
        columns = forecasts.c
        newest = (
            select(columns.source, func.max(columns.issued_at).label("issued_at"))
            .where(columns.station_id == station_id)
            .group_by(columns.source)
            .subquery()
        )
        is_newest = (columns.source == newest.c.source) & (columns.issued_at == newest.c.issued_at)
        query = select(columns.body).join(newest, is_newest).where(columns.station_id == station_id)
        with self._database.reading() as connection:
            bodies = connection.execute(query).scalars().all()
        found = sorted((value_from(Forecast, body) for body in bodies), key=lambda one: one.source)
        return tuple(sorted(found, key=lambda one: one.issued_at, reverse=True))

    def stations_changed_after(self, mark: int) -> tuple[int, frozenset[StationId]]:
        """Return the highest mark of the forecasts, and the stations with forecasts stored after `mark`."""
        with self._database.reading() as connection:
            # The mark first: a forecast stored between the two statements is then told again, never missed.
            latest = last_mark(connection, _FORECASTS)
            query = select(forecasts.c.station_id).where(forecasts.c.mark > mark).distinct()
            stations = frozenset(StationId(name) for name in connection.execute(query).scalars())
        return latest, stations

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some forecasts issued longer ago; return how many."""
        return _drop_older(self._database, forecasts, forecasts.c.issued_at, (than, now, most))


class SqlOutlookBook:
    """Fulfils `firewatch.services.weather_ports.OutlookBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, outlook: Outlook) -> None:
        """Store an outlook in place of the station's former one."""
        with self._database.writing() as connection:
            mark = lock_marks(connection, DANGER_MARK)
            statement = upsert(connection, outlooks)
            body = {"body": statement.excluded.body}
            statement = statement.on_conflict_do_update(index_elements=["station_id"], set_=body)
            row = {"station_id": outlook.station_id, "body": storable(to_json(outlook))}
            connection.execute(statement, [row])
            set_mark(connection, DANGER_MARK, mark + 1)

    def outlook(self, station_id: StationId) -> Outlook | None:
        """Return a station's outlook."""
        query = select(outlooks.c.body).where(outlooks.c.station_id == station_id)
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else value_from(Outlook, body)
