"""What the environment holds and no file does: secrets that sign, and passwords."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Secrets", "read_database_secret", "read_feed_secrets", "read_secrets"]

_SHORTEST_SECRET = 16


class Secrets(Struct, frozen=True):
    """What no file holds.

    Parameters
    ----------
    link_secrets : tuple of str
        FIREWATCH_SECRET, comma-separated: the first signs links and sessions, the others are still accepted.
    mqtt_password, smtp_password, database_password : str
        FIREWATCH_MQTT_PASSWORD, FIREWATCH_SMTP_PASSWORD, FIREWATCH_DATABASE_PASSWORD.
    firms_key, open_meteo_key : str
        FIREWATCH_FIRMS_KEY, FIREWATCH_OPEN_METEO_KEY.
    """

    link_secrets: tuple[str, ...]
    mqtt_password: str = ""
    smtp_password: str = ""
    database_password: str = ""
    firms_key: str = ""
    open_meteo_key: str = ""

    def __repr__(self) -> str:
        """Show nothing."""
        return "Secrets(...)"


def read_secrets(environment: Mapping[str, str] = os.environ) -> Secrets:
    """Read the secrets from the environment.

    Raises
    ------
    ConfigError
        If FIREWATCH_SECRET is missing or short: links could then be forged.
    """
    secrets = tuple(s for s in environment.get("FIREWATCH_SECRET", "").split(",") if s)
    if not secrets:
        how = "python3 -c 'import secrets; print(secrets.token_hex(32))'"
        why = f"is not set; it signs links and sessions. Make one: {how}"
        raise ConfigError("environment", "FIREWATCH_SECRET", why)
    if min(map(len, secrets)) < _SHORTEST_SECRET:
        why = f"holds one that is too short to be safe; each needs at least {_SHORTEST_SECRET} characters"
        raise ConfigError("environment", "FIREWATCH_SECRET", why)
    return Secrets(
        secrets,
        environment.get("FIREWATCH_MQTT_PASSWORD", ""),
        environment.get("FIREWATCH_SMTP_PASSWORD", ""),
        environment.get("FIREWATCH_DATABASE_PASSWORD", ""),
        *_feed_keys(environment),
    )


def read_feed_secrets(environment: Mapping[str, str] = os.environ) -> Secrets:
    """Read only the keys of feeds, for a command that opens nothing and signs nothing; none is missing."""
    firms_key, open_meteo_key = _feed_keys(environment)
    return Secrets((), firms_key=firms_key, open_meteo_key=open_meteo_key)


def _feed_keys(environment: Mapping[str, str]) -> tuple[str, str]:
    return environment.get("FIREWATCH_FIRMS_KEY", ""), environment.get("FIREWATCH_OPEN_METEO_KEY", "")


def read_database_secret(environment: Mapping[str, str] = os.environ) -> Secrets:
    """Read only the secret that a command needs which opens the store and signs nothing; none is missing."""
    return Secrets((), database_password=environment.get("FIREWATCH_DATABASE_PASSWORD", ""))
