"""The tables, the same for SQLite and PostgreSQL.

Instants are whole microseconds since 1970 (UTC) in a 64-bit integer: one form for both databases, exact, and free of
any time zone of a session. Values of the trade that are read back whole (a sighting, an event's change, a rating) are
JSON text beside the columns that are searched.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

__all__ = [
    "METADATA",
    "accounts",
    "alerts",
    "camera_outages",
    "cursors",
    "enrolment_codes",
    "events",
    "evidence",
    "forecasts",
    "hourly_readings",
    "idempotency_keys",
    "incident_states",
    "leases",
    "marks",
    "memberships",
    "node_statuses",
    "node_vitals",
    "notifications",
    "observations",
    "outlooks",
    "quarantine",
    "ratings",
    "sighting_heads",
    "sightings",
    "tower_certificates",
    "tower_masks",
    "web_sessions",
]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)

_ULID = String(26)
_SLUG = String(32)
_SOURCE = String(40)
_SHA256 = String(64)
_INSTANT_US = BigInteger

# The last number given out in each log. Whoever numbers new rows holds its row until the commit, so that numbers rise
# in commit order; a sequence of the database would hand them out in the order of the inserts.
marks = Table(
    "marks",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

sightings = Table(
    "sightings",
    METADATA,
    Column("sighting_id", _ULID, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False, unique=True),
    Column("message_id", _ULID, nullable=False),
    Column("tower_id", _SLUG, nullable=False),
    Column("camera_id", _SLUG, nullable=False),
    Column("received_at", _INSTANT_US, nullable=False),
    Column("body", Text, nullable=False),
)

# The highest revision of each sighting.
sighting_heads = Table(
    "sighting_heads",
    METADATA,
    Column("sighting_id", _ULID, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("mark", BigInteger, nullable=False, index=True),
    Column("first_seen_at", _INSTANT_US, nullable=False),
    Column("observed_at", _INSTANT_US, nullable=False, index=True),
    Column("first_received_at", _INSTANT_US, nullable=False),
)

# No foreign key to sightings: a picture may come before its sighting.
evidence = Table(
    "evidence",
    METADATA,
    Column("evidence_id", _ULID, primary_key=True),
    Column("sighting_id", _ULID, nullable=False, index=True),
    Column("message_id", _ULID, nullable=False),
    Column("tower_id", _SLUG, nullable=False),
    Column("camera_id", _SLUG, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("captured_at", _INSTANT_US, nullable=False),
    Column("received_at", _INSTANT_US, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("box", Text),
    Column("is_exercise", Boolean, nullable=False, server_default=false()),
)

observations = Table(
    "observations",
    METADATA,
    Column("message_id", _ULID, primary_key=True),
    Column("mark", BigInteger, nullable=False, unique=True),
    Column("station_id", _SLUG, nullable=False),
    Column("observed_at", _INSTANT_US, nullable=False),
    Column("received_at", _INSTANT_US, nullable=False),
    Column("temp_c", Double, nullable=False),
    Column("rh_pct", Double, nullable=False),
    Column("wind_kmh", Double, nullable=False),
    Column("rain_mm", Double, nullable=False),
    Column("max_temp_c", Double),
    Column("min_rh_pct", Double),
    Column("max_wind_ms", Double),
    Column("wind_from_deg", Double),
    Column("source", _SOURCE, nullable=False, server_default="mqtt"),
    Column("doubts", Text, nullable=False, server_default="[]"),
    Index(None, "station_id", "observed_at"),
)

hourly_readings = Table(
    "hourly_readings",
    METADATA,
    Column("station_id", _SLUG, primary_key=True),
    Column("at", _INSTANT_US, primary_key=True, autoincrement=False),
    Column("source", _SOURCE, primary_key=True),
    Column("temp_c", Double),
    Column("rh_pct", Double),
    Column("wind_kmh", Double),
    Column("rain_mm", Double),
    Column("wind_from_deg", Double),
    Column("doubts", Text, nullable=False),
)

forecasts = Table(
    "forecasts",
    METADATA,
    Column("station_id", _SLUG, primary_key=True),
    Column("source", _SOURCE, primary_key=True),
    Column("issued_at", _INSTANT_US, primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False, unique=True),
    Column("body", Text, nullable=False),
)

# One a station: the former one is of no use to anybody.
outlooks = Table(
    "outlooks",
    METADATA,
    Column("station_id", _SLUG, primary_key=True),
    Column("body", Text, nullable=False),
)

node_statuses = Table(
    "node_statuses",
    METADATA,
    Column("tower_id", _SLUG, primary_key=True),
    Column("received_at", _INSTANT_US, nullable=False),
    Column("body", Text, nullable=False),
)

node_vitals = Table(
    "node_vitals",
    METADATA,
    Column("tower_id", _SLUG, primary_key=True),
    Column("received_at", _INSTANT_US, nullable=False),
    Column("body", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    METADATA,
    Column("digest", _SHA256, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("message_id", _ULID),
    Column("reason", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("first_at", _INSTANT_US, nullable=False),
    Column("last_at", _INSTANT_US, nullable=False, index=True),
)

events = Table(
    "events",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", _ULID, nullable=False, unique=True),
    Column("incident_id", _ULID, nullable=False),
    Column("occurred_at", _INSTANT_US, nullable=False),
    Column("recorded_at", _INSTANT_US, nullable=False),
    Column("actor_id", _SLUG, nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "incident_id", "seq"),
)

incident_states = Table(
    "incident_states",
    METADATA,
    Column("incident_id", _ULID, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("opened_at", _INSTANT_US, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Index(None, "is_open", "opened_at"),
)

memberships = Table(
    "memberships",
    METADATA,
    Column("sighting_id", _ULID, primary_key=True),
    Column("incident_id", _ULID, ForeignKey("incident_states.incident_id"), nullable=False, index=True),
)

ratings = Table(
    "ratings",
    METADATA,
    Column("station_id", _SLUG, primary_key=True),
    Column("weather_day", Date, primary_key=True),
    Column("body", Text, nullable=False),
)

feed_states = Table(
    "feed_states",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("last_success_at", _INSTANT_US),
    Column("failure", Text, nullable=False),
    Column("problems", Text, nullable=False),
)

alerts = Table(
    "alerts",
    METADATA,
    Column("alert_id", _ULID, primary_key=True),
    Column("incident_id", _ULID, index=True),
    Column("reason", String(32), nullable=False),
    Column("raised_at", _INSTANT_US, nullable=False),
    Column("key", Text, nullable=False, unique=True),
)

notifications = Table(
    "notifications",
    METADATA,
    Column("notification_id", _ULID, primary_key=True),
    Column("alert_id", _ULID, ForeignKey("alerts.alert_id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("person_id", _SLUG, nullable=False),
    Column("channel", Text, nullable=False),
    Column("sent_at", _INSTANT_US),
    Column("reached_at", _INSTANT_US),
    Column("acknowledged_at", _INSTANT_US),
    Column("acknowledged_by", _SLUG),
    Column("attempts", Integer, nullable=False),
    Column("failed", Text, nullable=False),
    Column("next_try_at", _INSTANT_US, index=True),
    UniqueConstraint("alert_id", "place"),
)

leases = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("expires_at", _INSTANT_US, nullable=False),
)

cursors = Table(
    "cursors",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("place", BigInteger, nullable=False),
)

accounts = Table(
    "accounts",
    METADATA,
    Column("person_id", _SLUG, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("channels", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", _INSTANT_US, nullable=False),
)

web_sessions = Table(
    "web_sessions",
    METADATA,
    Column("token_sha256", _SHA256, primary_key=True),
    Column("person_id", _SLUG, ForeignKey("accounts.person_id"), nullable=False, index=True),
    Column("started_at", _INSTANT_US, nullable=False),
    Column("expires_at", _INSTANT_US, nullable=False, index=True),
)

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    Column("key", String(128), primary_key=True),
    Column("first_at", _INSTANT_US, nullable=False, index=True),
)

# Nothing is ever deleted from the two tables of enrolment: they are its record.
enrolment_codes = Table(
    "enrolment_codes",
    METADATA,
    Column("digest", _SHA256, primary_key=True),
    Column("tower_id", _SLUG, nullable=False, index=True),
    Column("made_at", _INSTANT_US, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("expires_at", _INSTANT_US, nullable=False),
    Column("used_at", _INSTANT_US),
    Column("used_for", _SHA256, nullable=False),
    Column("withdrawn_at", _INSTANT_US),
)

tower_certificates = Table(
    "tower_certificates",
    METADATA,
    Column("serial", String(40), primary_key=True),
    Column("tower_id", _SLUG, nullable=False, index=True),
    Column("key_digest", _SHA256, nullable=False, index=True),
    Column("pem", Text, nullable=False),
    Column("issued_at", _INSTANT_US, nullable=False),
    Column("expires_at", _INSTANT_US, nullable=False),
    Column("how", String(16), nullable=False),
    Column("asked_from", String(64), nullable=False),
    Column("revoked_at", _INSTANT_US),
    Column("revoked_by", String(80), nullable=False),
    Column("reason", Text, nullable=False),
)

# People were told of these; `told_at` is when the alert was raised, so that a crash before it leaves nothing untold.
camera_outages = Table(
    "camera_outages",
    METADATA,
    Column("outage_id", _ULID, primary_key=True),
    Column("tower_id", _SLUG, nullable=False),
    Column("camera_id", _SLUG, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("since", _INSTANT_US, nullable=False),
    Column("alert_id", _ULID, nullable=False, index=True),
    Column("told_at", _INSTANT_US),
    Column("ended_at", _INSTANT_US, index=True),
    Column("back_alert_id", _ULID, index=True),
    Column("back_told_at", _INSTANT_US),
)

# Nothing is ever deleted: a mask that was taken away can be put back, and who did either stays known.
tower_masks = Table(
    "tower_masks",
    METADATA,
    Column("mask_id", _ULID, primary_key=True),
    Column("tower_id", _SLUG, nullable=False, index=True),
    Column("camera_id", _SLUG, nullable=False),
    Column("pose_id", _SLUG, nullable=False),
    Column("name", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("polygon", Text, nullable=False),
    Column("until", Date),
    Column("set_at", _INSTANT_US, nullable=False),
    Column("set_by", String(80), nullable=False),
    Column("removed_at", _INSTANT_US),
    Column("removed_by", String(80), nullable=False),
)
