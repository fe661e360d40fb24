"""All adapters of one store, opened together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.adapters.store.accounts import SqlAccounts, SqlSessions
from firewatch.adapters.store.alert_book import SqlAlertBook
from firewatch.adapters.store.command_book import SqlCommandBook
from firewatch.adapters.store.database import Database
from firewatch.adapters.store.decision_log import SqlDecisionLog
from firewatch.adapters.store.duties import SqlCursors, SqlIdempotencyKeys, SqlLeases
from firewatch.adapters.store.enrolment_book import SqlEnrolmentBook
from firewatch.adapters.store.evidence_files import EvidenceFolder, SqlEvidenceIndex
from firewatch.adapters.store.eyes_record import SqlEyesRecord
from firewatch.adapters.store.feed_states import SqlFeedStateBook
from firewatch.adapters.store.forecast_books import SqlForecastBook, SqlHourBook, SqlOutlookBook
from firewatch.adapters.store.hotspot_book import SqlHotspotBook
from firewatch.adapters.store.incident_log import SqlIncidentLog
from firewatch.adapters.store.intake_writer import SqlIntakeWriter
from firewatch.adapters.store.live_wake import PostgresWake, make_wake
from firewatch.adapters.store.mask_book import SqlMaskBook
from firewatch.adapters.store.migrate import upgrade
from firewatch.adapters.store.node_book import SqlNodeBook, SqlQuarantineBook
from firewatch.adapters.store.outage_book import SqlOutageBook
from firewatch.adapters.store.pose_views import SqlPoseViews
from firewatch.adapters.store.sighting_book import SqlSightingBook
from firewatch.adapters.store.weather_books import SqlRatingBook, SqlWeatherBook
from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    from pathlib import Path

    from argon2 import PasswordHasher

__all__ = ["Store", "open_store"]


@dataclass(frozen=True, slots=True)
class Store:
    """One process's store; each attribute fulfils the port of its name. `live_wake` is None on SQLite."""

    database: Database
    intake_writer: SqlIntakeWriter
    sighting_book: SqlSightingBook
    incident_log: SqlIncidentLog
    decision_log: SqlDecisionLog
    weather_book: SqlWeatherBook
    rating_book: SqlRatingBook
    hour_book: SqlHourBook
    forecast_book: SqlForecastBook
    outlook_book: SqlOutlookBook
    feed_state_book: SqlFeedStateBook
    alert_book: SqlAlertBook
    evidence_files: EvidenceFolder
    evidence_index: SqlEvidenceIndex
    node_book: SqlNodeBook
    quarantine_book: SqlQuarantineBook
    leases: SqlLeases
    cursors: SqlCursors
    idempotency_keys: SqlIdempotencyKeys
    accounts: SqlAccounts
    sessions: SqlSessions
    enrolment_book: SqlEnrolmentBook
    outage_book: SqlOutageBook
    mask_book: SqlMaskBook
    pose_views: SqlPoseViews
    command_book: SqlCommandBook
    hotspot_book: SqlHotspotBook
    eyes_record: SqlEyesRecord
    live_wake: PostgresWake | None

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


def open_store(url: str, evidence_dir: Path, *, hasher: PasswordHasher | None = None) -> Store:
    """Open the store of one process, and bring its tables to this program's.

    Parameters
    ----------
    url : str
        ``sqlite:////absolute/path.sqlite`` or ``postgresql://user@host/name``.
    evidence_dir : Path
        Where the pictures lie; made where absent.
    hasher : PasswordHasher or None
        How passwords are hashed; None for argon2id with its authors' defaults.

    Returns
    -------
    Store
        Every adapter, over one pool of connections. Open it after a fork, never before.

    Raises
    ------
    StoreError
        If the database or folder cannot be reached, or was written by a newer program.
    """
    database = Database(url)
    try:
        upgrade(database)
        return _all_adapters(database, evidence_dir, hasher)
    except FirewatchError:
        database.close()
        raise


def _all_adapters(database: Database, evidence_dir: Path, hasher: PasswordHasher | None) -> Store:
    return Store(
        database=database,
        intake_writer=SqlIntakeWriter(database),
        sighting_book=SqlSightingBook(database),
        incident_log=SqlIncidentLog(database),
        decision_log=SqlDecisionLog(database),
        weather_book=SqlWeatherBook(database),
        rating_book=SqlRatingBook(database),
        hour_book=SqlHourBook(database),
        forecast_book=SqlForecastBook(database),
        outlook_book=SqlOutlookBook(database),
        feed_state_book=SqlFeedStateBook(database),
        alert_book=SqlAlertBook(database),
        evidence_files=EvidenceFolder(evidence_dir),
        evidence_index=SqlEvidenceIndex(database),
        node_book=SqlNodeBook(database),
        quarantine_book=SqlQuarantineBook(database),
        leases=SqlLeases(database),
        cursors=SqlCursors(database),
        idempotency_keys=SqlIdempotencyKeys(database),
        accounts=SqlAccounts(database, hasher),
        sessions=SqlSessions(database),
        enrolment_book=SqlEnrolmentBook(database),
        outage_book=SqlOutageBook(database),
        mask_book=SqlMaskBook(database),
        pose_views=SqlPoseViews(database),
        command_book=SqlCommandBook(database),
        hotspot_book=SqlHotspotBook(database),
        eyes_record=SqlEyesRecord(database),
        live_wake=make_wake(database),
    )
