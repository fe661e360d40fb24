"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_LOGS = ("events", "observations", "sightings")


def upgrade() -> None:
    """Make the tables, and start each log at 0."""
    _accounts()
    _alerts()
    _cursors()
    _events()
    _evidence()
    _idempotency_keys()
    _incident_states()
    _leases()
    _marks()
    _node_statuses()
    _node_vitals()
    _observations()
    _quarantine()
    _ratings()
    _sighting_heads()
    _sightings()
    _memberships()
    _notifications()
    _web_sessions()
    marks = sa.table("marks", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(marks, [{"name": name, "value": 0} for name in _LOGS])


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_accounts"),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(length=26), nullable=False),
        sa.Column("incident_id", sa.String(length=26), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alerts"),
        sa.UniqueConstraint("key", name="uq_alerts_key"),
    )
    op.create_index("ix_alerts_incident_id", "alerts", ["incident_id"])


def _cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cursors"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=False),
        sa.Column("incident_id", sa.String(length=26), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("event_id", name="uq_events_event_id"),
    )
    op.create_index("ix_events_incident_id_seq", "events", ["incident_id", "seq"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("evidence_id", sa.String(length=26), nullable=False),
        sa.Column("sighting_id", sa.String(length=26), nullable=False),
        sa.Column("message_id", sa.String(length=26), nullable=False),
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("box", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("evidence_id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_sighting_id", "evidence", ["sighting_id"])


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_first_at", "idempotency_keys", ["first_at"])


def _incident_states() -> None:
    op.create_table(
        "incident_states",
        sa.Column("incident_id", sa.String(length=26), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_incident_states"),
    )
    op.create_index("ix_incident_states_is_open_opened_at", "incident_states", ["is_open", "opened_at"])
    op.create_index("ix_incident_states_opened_at", "incident_states", ["opened_at"])


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )


def _node_statuses() -> None:
    op.create_table(
        "node_statuses",
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tower_id", name="pk_node_statuses"),
    )


def _node_vitals() -> None:
    op.create_table(
        "node_vitals",
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tower_id", name="pk_node_vitals"),
    )


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("message_id", sa.String(length=26), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.String(length=32), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("temp_c", sa.Double(), nullable=False),
        sa.Column("rh_pct", sa.Double(), nullable=False),
        sa.Column("wind_kmh", sa.Double(), nullable=False),
        sa.Column("rain_mm", sa.Double(), nullable=False),
        sa.Column("max_temp_c", sa.Double(), nullable=True),
        sa.Column("min_rh_pct", sa.Double(), nullable=True),
        sa.Column("max_wind_ms", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name="pk_observations"),
        sa.UniqueConstraint("mark", name="uq_observations_mark"),
    )
    op.create_index("ix_observations_station_id_observed_at", "observations", ["station_id", "observed_at"])


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.String(length=26), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_last_at", "quarantine", ["last_at"])


def _ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("station_id", sa.String(length=32), nullable=False),
        sa.Column("weather_day", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "weather_day", name="pk_ratings"),
    )


def _sighting_heads() -> None:
    op.create_table(
        "sighting_heads",
        sa.Column("sighting_id", sa.String(length=26), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("first_received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sighting_id", name="pk_sighting_heads"),
    )
    op.create_index("ix_sighting_heads_mark", "sighting_heads", ["mark"])
    op.create_index("ix_sighting_heads_observed_at", "sighting_heads", ["observed_at"])


def _sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("sighting_id", sa.String(length=26), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(length=26), nullable=False),
        sa.Column("tower_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sighting_id", "revision", name="pk_sightings"),
        sa.UniqueConstraint("mark", name="uq_sightings_mark"),
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("sighting_id", sa.String(length=26), nullable=False),
        sa.Column("incident_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident_states.incident_id"], name="fk_memberships_incident_id"),
        sa.PrimaryKeyConstraint("sighting_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_incident_id", "memberships", ["incident_id"])


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.String(length=26), nullable=False),
        sa.Column("alert_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("reached_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Text(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.alert_id"], name="fk_notifications_alert_id"),
        sa.PrimaryKeyConstraint("notification_id", name="pk_notifications"),
        sa.UniqueConstraint("alert_id", "place", name="uq_notifications_alert_id_place"),
    )
    op.create_index("ix_notifications_next_try_at", "notifications", ["next_try_at"])


def _web_sessions() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["accounts.person_id"], name="fk_web_sessions_person_id"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_expires_at", "web_sessions", ["expires_at"])
    op.create_index("ix_web_sessions_person_id", "web_sessions", ["person_id"])
