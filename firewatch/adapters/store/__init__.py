"""The central store on SQLite or PostgreSQL: one adapter for each port, opened together by `open_store`."""

from __future__ import annotations

from firewatch.adapters.store.accounts import SqlAccounts, SqlSessions
from firewatch.adapters.store.alert_book import SqlAlertBook
from firewatch.adapters.store.database import Database
from firewatch.adapters.store.duties import SqlCursors, SqlIdempotencyKeys, SqlLeases
from firewatch.adapters.store.evidence_files import EvidenceFolder, SqlEvidenceIndex
from firewatch.adapters.store.incident_log import Difference, SqlIncidentLog
from firewatch.adapters.store.intake_writer import SqlIntakeWriter
from firewatch.adapters.store.migrate import upgrade
from firewatch.adapters.store.node_book import SqlNodeBook, SqlQuarantineBook
from firewatch.adapters.store.opened import Store, open_store
from firewatch.adapters.store.sighting_book import SqlSightingBook
from firewatch.adapters.store.weather_books import SqlRatingBook, SqlWeatherBook

__all__ = [
    "Database",
    "Difference",
    "EvidenceFolder",
    "SqlAccounts",
    "SqlAlertBook",
    "SqlCursors",
    "SqlEvidenceIndex",
    "SqlIdempotencyKeys",
    "SqlIncidentLog",
    "SqlIntakeWriter",
    "SqlLeases",
    "SqlNodeBook",
    "SqlQuarantineBook",
    "SqlRatingBook",
    "SqlSessions",
    "SqlSightingBook",
    "SqlWeatherBook",
    "Store",
    "open_store",
    "upgrade",
]
