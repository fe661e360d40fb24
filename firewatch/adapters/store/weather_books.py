"""The noon readings and the danger ratings made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from firewatch.adapters.store.database import last_mark, lock_marks, set_mark, upsert
from firewatch.adapters.store.instants import from_us, to_us
from firewatch.adapters.store.schema import observations, ratings
from firewatch.adapters.store.value_codec import to_json, value_from, values_from
from firewatch.domain.danger import DangerRating
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, Observation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Row, Select

    from firewatch.adapters.store.database import Database

__all__ = ["DANGER_MARK", "SqlRatingBook", "SqlWeatherBook"]

# Rises when a rating or an outlook is stored: pages that are open look again.
DANGER_MARK = "danger"

_columns = observations.c
# Of two readings for one instant the later received counts, and of two received together the later stored.
_OLDEST_FIRST = (_columns.observed_at, _columns.received_at, _columns.mark)


class SqlWeatherBook:
    """Fulfils `firewatch.services.weather_ports.WeatherBook` and `ReadingBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def observations(self, station_id: StationId) -> tuple[Observation, ...]:
        """Return all readings of a station, oldest first; of two for one instant, the later received."""
        return self._read(select(observations).where(_columns.station_id == station_id))

    def changes_after(self, mark: int) -> tuple[int, dict[StationId, datetime]]:
        """Return the highest mark, and the earliest instant of each station's readings after `mark`."""
        with self._database.reading() as connection:
            # The mark first: a reading stored between the two statements is then told again, never missed.
            latest = last_mark(connection, "observations")
            query = select(_columns.station_id, func.min(_columns.observed_at)).where(_columns.mark > mark)
            earliest = connection.execute(query.group_by(_columns.station_id)).all()
        return latest, {StationId(name): from_us(at) for name, at in earliest}

    def observation_at(self, station_id: StationId, at: datetime) -> Observation | None:
        """Return the reading of a station at an instant."""
        found = self._read(
            select(observations).where(_columns.station_id == station_id, _columns.observed_at == to_us(at))
        )
        return found[0] if found else None

    def readings_between(self, station_id: StationId, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Return the readings of a station from `since` to `until`, both included, oldest first."""
        is_within = _columns.observed_at.between(to_us(since), to_us(until))
        return self._read(select(observations).where(_columns.station_id == station_id, is_within))

    def _read(self, query: Select[Any]) -> tuple[Observation, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(*_OLDEST_FIRST)).all()
        latest = {row.observed_at: row for row in rows}
        return tuple(_observation(row) for row in latest.values())


def _observation(row: Row[Any]) -> Observation:
    return Observation(
        station_id=StationId(row.station_id),
        observed_at=from_us(row.observed_at),
        temp_c=row.temp_c,
        rh_pct=row.rh_pct,
        wind_kmh=row.wind_kmh,
        rain_mm=row.rain_mm,
        max_temp_c=row.max_temp_c,
        min_rh_pct=row.min_rh_pct,
        max_wind_ms=row.max_wind_ms,
        received_at=from_us(row.received_at),
        source=row.source,
        doubts=values_from(Doubt, row.doubts),
        wind_from_deg=row.wind_from_deg,
    )


class SqlRatingBook:
    """Fulfils `RatingBook` and `DangerChanges` of `firewatch.services.weather_ports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, given: Sequence[DangerRating]) -> None:
        """Store ratings by (station, day); a later one of the same replaces it."""
        if not given:
            return
        latest = {(rating.station_id, rating.weather_day): rating for rating in given}
        rows = [
            {"station_id": rating.station_id, "weather_day": rating.weather_day, "body": to_json(rating)}
            for _, rating in sorted(latest.items())
        ]
        with self._database.writing() as connection:
            statement = upsert(connection, ratings)
            body = {"body": statement.excluded.body}
            statement = statement.on_conflict_do_update(index_elements=["station_id", "weather_day"], set_=body)
            connection.execute(statement, rows)
            set_mark(connection, DANGER_MARK, lock_marks(connection, DANGER_MARK) + 1)

    def rating(self, station_id: StationId, day: date) -> DangerRating | None:
        """Return the rating of a station and weather day."""
        return self._first(
            select(ratings.c.body).where(ratings.c.station_id == station_id, ratings.c.weather_day == day)
        )

    def latest(self, station_id: StationId) -> DangerRating | None:
        """Return the rating of the latest day."""
        query = select(ratings.c.body).where(ratings.c.station_id == station_id)
        return self._first(query.order_by(ratings.c.weather_day.desc()).limit(1))

    def between(self, station_id: StationId, first_day: date, last_day: date) -> tuple[DangerRating, ...]:
        """Return the ratings of a station from one weather day to another, both included, in the order of days."""
        is_within = ratings.c.weather_day.between(first_day, last_day)
        query = select(ratings.c.body).where(ratings.c.station_id == station_id, is_within)
        with self._database.reading() as connection:
            bodies = connection.execute(query.order_by(ratings.c.weather_day)).scalars().all()
        return tuple(value_from(DangerRating, body) for body in bodies)

    def changes(self) -> int:
        """Return a number that rises with each change of ratings or outlooks."""
        with self._database.reading() as connection:
            return last_mark(connection, DANGER_MARK)

    def _first(self, query: Select[Any]) -> DangerRating | None:
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else value_from(DangerRating, body)
