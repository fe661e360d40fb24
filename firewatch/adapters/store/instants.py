"""Instants as the database keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["from_us", "from_us_or_none", "to_us", "to_us_or_none"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(instant: datetime) -> int:
    """Return whole microseconds since 1970 (UTC); exact, unlike `datetime.timestamp`."""
    return (instant - _EPOCH) // _MICROSECOND


def from_us(given_us: int) -> datetime:
    """Return the UTC instant."""
    return _EPOCH + timedelta(microseconds=given_us)


def to_us_or_none(instant: datetime | None) -> int | None:
    """Return `to_us`, or None for none."""
    return None if instant is None else to_us(instant)


def from_us_or_none(given_us: int | None) -> datetime | None:
    """Return `from_us`, or None for none."""
    return None if given_us is None else from_us(given_us)
