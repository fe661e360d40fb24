"""The central service's settings: one TOML file; secrets only from the environment."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct, field

from firewatch.danger_settings import DangerConfig, with_folder, wrong_danger
from firewatch.enrolment_settings import EnrolmentConfig, with_ca_folder
from firewatch.errors import ConfigError
from firewatch.feed_settings import FeedConfig, KeepConfig, QualityConfig, is_address, wrong_feeds, wrong_limits
from firewatch.secret_settings import Secrets, read_database_secret, read_feed_secrets, read_secrets
from firewatch.spread_settings import SpreadConfig, with_spread_folder
from firewatch.terrain_settings import TerrainConfig, with_terrain_folder
from firewatch.triage_settings import TriageConfig, with_triage_folder, wrong_triage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "AlertingConfig",
    "CentralConfig",
    "CentreConfig",
    "DangerConfig",
    "EnrolmentConfig",
    "MqttConfig",
    "Secrets",
    "SmtpConfig",
    "SpreadConfig",
    "StoreConfig",
    "TerrainConfig",
    "WebConfig",
    "describe",
    "read_config",
    "read_database_secret",
    "read_feed_secrets",
    "read_secrets",
]

# User, password and the rest of an address.
_PASSWORD_IN_URL = re.compile(r"(://[^:/@]*:)([^/]*)(@)")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)

Port = Annotated[int, Meta(ge=0, le=65_535)]
Seconds = Annotated[float, Meta(gt=0.0, le=86_400.0)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]


class CentreConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The command centre.

    Parameters
    ----------
    name : str
        Stands at the head of every message and page.
    name_en : str
        The same on English pages and in English messages; empty means `name`.
    language : "zh-CN" or "en"
        Of the messages; pages are read in either.
    time_zone : str
        IANA name; calendar day and shift follow it.
    sites, roster : str
        Files beside this one: towers and stations (GeoJSON), people (TOML).
    townships : str
        A file beside this one: outlines of townships (GeoJSON); empty means none.
    """

    name: Text = "衡阳应急"
    name_en: Annotated[str, Meta(max_length=500)] = ""
    language: Literal["zh-CN", "en"] = "zh-CN"
    time_zone: Text = "Asia/Shanghai"
    sites: Text = "sites.geojson"
    roster: Text = "roster.toml"
    townships: Annotated[str, Meta(max_length=500)] = ""


class WebConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The pages.

    Parameters
    ----------
    host, port
        Where they listen; without accounts only a loopback address is allowed. Port 0 takes a free one.
    public_url : str
        Their address as phones reach it; empty means ``http://host:port``.
    trusted_hosts : list of str
        Host names that the pages answer to besides the host of `public_url`.
    """

    host: Text = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""
    trusted_hosts: list[str] = []


class StoreConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The database and the pictures.

    Parameters
    ----------
    url : str
        ``sqlite:///var/firewatch.db`` or ``postgresql+psycopg://...``, its password from FIREWATCH_DATABASE_PASSWORD.
    evidence : str
        Folder of the pictures.
    """

    url: Text = "sqlite:///var/firewatch.db"
    evidence: Text = "var/evidence"


class MqttConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The broker; the password from FIREWATCH_MQTT_PASSWORD.

    Parameters
    ----------
    host, port, username
        Where and as whom.
    protocol : "auto", "3.1.1" or "5"
        "auto" speaks 5 where the broker does.
    tls_ca : str
        Certificate file of the broker's authority; empty means no TLS.
    tls_cert : str
        The centre's own key and certificate in one file (`firewatch towers broker` writes it); empty means none.
    client_id : str
        One per centre; the roles append their names.
    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 1883
    username: str = ""
    protocol: Literal["auto", "3.1.1", "5"] = "auto"
    tls_ca: str = ""
    tls_cert: str = ""
    client_id: Text = "firewatch-central"


class SmtpConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Mail; the password from FIREWATCH_SMTP_PASSWORD."""

    host: Text
    sender: Text
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""


class AlertingConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """When a failed notification is tried again.

    Parameters
    ----------
    first_retry_s, longest_retry_s : float
        Pauses, doubling from the first to the longest [s].
    most_tries : int
        Then it is given up, and the page says so.
    webhook_timeout_s : float
        Longest wait for a webhook's answer [s].
    blind_minutes : float
        How long a camera is blind before a technician is told [min].
    """

    first_retry_s: Seconds = 2.0
    longest_retry_s: Seconds = 60.0
    most_tries: Annotated[int, Meta(ge=1, le=1000)] = 60
    webhook_timeout_s: Seconds = 10.0
    blind_minutes: Annotated[float, Meta(ge=1.0, le=1440.0)] = 10.0


class CentralConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of `firewatch serve`."""

    centre: CentreConfig = field(default_factory=CentreConfig)
    web: WebConfig = field(default_factory=WebConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    mqtt: MqttConfig = field(default_factory=MqttConfig)
    danger: DangerConfig = field(default_factory=DangerConfig)
    terrain: TerrainConfig = field(default_factory=TerrainConfig)
    triage: TriageConfig = field(default_factory=TriageConfig)
    spread: SpreadConfig = field(default_factory=SpreadConfig)
    alerting: AlertingConfig = field(default_factory=AlertingConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)
    keep: KeepConfig = field(default_factory=KeepConfig)
    enrolment: EnrolmentConfig = field(default_factory=EnrolmentConfig)
    feeds: list[FeedConfig] = []
    smtp: SmtpConfig | None = None


def read_config(path: Path) -> CentralConfig:
    """Read the settings.

    Parameters
    ----------
    path : Path
        A TOML file; see configs/central.toml. What it does not name has its default.

    Returns
    -------
    CentralConfig
        With the file names in it made absolute (they are relative to the file's folder).

    Raises
    ------
    ConfigError
        Naming the file, the key and what is allowed.
    """
    table = _read_table(path)
    try:
        config = msgspec.convert(table, CentralConfig)
    except msgspec.ValidationError as err:
        raise ConfigError(str(path), *_in_words(str(err), table)) from err
    for key, why in _contradictions(config):
        raise ConfigError(str(path), key, why)
    return _absolute(config, path.resolve().parent)


def _read_table(path: Path) -> dict[str, Any]:
    try:
        # Editors of Windows write a mark before the first letter.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "(TOML)", f"byte {err.start + 1} is no text in UTF-8; save it as UTF-8") from err
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        raise ConfigError(str(path), "(TOML)", str(err)) from err


def _in_words(told: str, table: dict[str, Any]) -> tuple[str, str]:
    """Return the key and what is wrong with it: what was given, and what is allowed."""
    why, _, where = told.partition(" - at `$")
    key = where.strip("`.")
    kind, given = _at(key, table)
    if unknown := _UNKNOWN.fullmatch(why):
        why = f"there is no setting {unknown[1]!r}; allowed are {', '.join(kind.__struct_fields__)}"
    elif why.startswith("Invalid enum value"):
        why = f"{given!r}; allowed are {', '.join(map(repr, get_args(kind)))}"
    elif why.startswith("Expected") and "got" not in why:
        why = f"{why}; given is {_without_password(repr(given))}"
    return key or "(top level)", why


def _at(key: str, table: dict[str, Any]) -> tuple[Any, Any]:
    """Return the type and the value of a key; those of the whole for a place in a plain list or table."""
    kind: Any = CentralConfig
    given: Any = table
    for step in key.split(".") if key else ():
        name, _, place = step.partition("[")
        kind = next(one.type for one in msgspec.structs.fields(kind) if one.name == name)
        # An optional block is the union of its struct and None; a repeated one a list of its struct.
        parts = (kind, *get_args(kind))
        struct = next((part for part in parts if isinstance(part, type) and issubclass(part, Struct)), None)
        given = given[name]
        if struct is None:
            break
        kind, given = struct, given[int(place.rstrip("]"))] if place else given
    return kind, given


def _contradictions(config: CentralConfig) -> Iterator[tuple[str, str]]:
    """Tell what no single key's type can refuse."""
    if not _is_zone(config.centre.time_zone):
        yield "centre.time_zone", f"{config.centre.time_zone!r} is no IANA time zone, as Asia/Shanghai"
    if not _is_store(config.store.url):
        given = _without_password(config.store.url)
        yield "store.url", f"{given!r}; allowed is sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
    if config.mqtt.tls_cert and not config.mqtt.tls_ca:
        yield "mqtt.tls_cert", "needs mqtt.tls_ca too: a certificate is only shown over TLS"
    if config.web.public_url and not is_address(config.web.public_url):
        yield "web.public_url", f"{config.web.public_url!r}; allowed is an address as https://fire.example.org"
    yield from wrong_danger(config.danger)
    yield from wrong_triage(config.triage)
    yield from wrong_limits(config.quality)
    yield from wrong_feeds(config.feeds)
    first, longest = config.alerting.first_retry_s, config.alerting.longest_retry_s
    if longest < first:
        yield "alerting.longest_retry_s", f"{longest:g} is shorter than first_retry_s, {first:g}; the pause only grows"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_store(url: str) -> bool:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    if parsed.drivername == "sqlite":
        # One in memory would lose everything at the end, and options of the address are not read.
        return bool(parsed.database) and parsed.database != ":memory:" and not parsed.query
    return parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}


def _absolute(config: CentralConfig, folder: Path) -> CentralConfig:
    replace = msgspec.structs.replace
    sites, roster = str(folder / config.centre.sites), str(folder / config.centre.roster)
    townships = config.centre.townships and str(folder / config.centre.townships)
    centre = replace(config.centre, sites=sites, roster=roster, townships=townships)
    url = config.store.url
    if url.startswith(prefix := "sqlite:///"):
        url = f"{prefix}{folder / url.removeprefix(prefix)}"
    store = replace(config.store, url=url, evidence=str(folder / config.store.evidence))
    tls_ca, tls_cert = (name and str(folder / name) for name in (config.mqtt.tls_ca, config.mqtt.tls_cert))
    mqtt = replace(config.mqtt, tls_ca=tls_ca, tls_cert=tls_cert)
    feeds = [replace(feed, path=feed.path and str(folder / feed.path)) for feed in config.feeds]
    danger, enrolment = with_folder(config.danger, folder), with_ca_folder(config.enrolment, folder)
    config = replace(config, terrain=with_terrain_folder(config.terrain, folder))
    config = replace(config, triage=with_triage_folder(config.triage, folder))
    spread = with_spread_folder(config.spread, folder)
    changed = {"centre": centre, "store": store, "mqtt": mqtt, "danger": danger, "enrolment": enrolment}
    return replace(config, feeds=feeds, spread=spread, **changed)


def describe(config: CentralConfig) -> str:
    """Return the effective settings as lines of ``section.key = value``, as `firewatch check-config` prints them."""
    lines = []
    for section, values in msgspec.to_builtins(config).items():
        if not values:
            lines.append(f"{section} = (none)")
        for name, block in _blocks(section, values):
            lines += [f"{name}.{key} = {_without_password(value)!r}" for key, value in block.items()]
    return "\n".join(lines)


def _blocks(section: str, values: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(values, list):
        yield from ((f"{section}[{place}]", block) for place, block in enumerate(values))
    elif values:
        yield section, values


def _without_password(value: object) -> object:
    # Somebody will write one into an address, whatever the manual says.
    return _PASSWORD_IN_URL.sub(r"\1***\3", value) if isinstance(value, str) else value
