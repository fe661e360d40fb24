"""Wiring: which adapter fulfils which port in each process of the central service."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import make_url

from firewatch.adapters.clock import SystemClock
from firewatch.adapters.daemon_threads import DaemonThreads
from firewatch.adapters.danger_tables import find_danger_table
from firewatch.adapters.mqtt_intake import MqttIntake
from firewatch.adapters.roster_toml import FileRoster
from firewatch.adapters.sites_geojson import read_sites
from firewatch.adapters.smtp import SmtpNotifier, SmtpServer
from firewatch.adapters.store import Store, open_store
from firewatch.danger.rating import DangerRules
from firewatch.danger.series import GapPolicy, SeriesRules
from firewatch.domain.ids import make_ulid
from firewatch.domain.sites import Name
from firewatch.errors import ConfigError, InvalidValue, StoreError
from firewatch.eyes_wiring import build_lookout, with_outages
from firewatch.feed_wiring import build_feeds, feed_rules
from firewatch.ground_wiring import SeenGround
from firewatch.hotspot_wiring import hotspot_memory, hotspot_reporter
from firewatch.land_wiring import land_cover_map, place_factors
from firewatch.locating_wiring import build_locator
from firewatch.mqtt import MqttSettings, TlsSettings
from firewatch.services.alerting import AlertRaiser, NotificationSender, Retries
from firewatch.services.association import Associator
from firewatch.services.checked_weather import CheckedWeather
from firewatch.services.feed_states import FeedReporter
from firewatch.services.feeding import FeedBooks, FeedKeeper
from firewatch.services.findings import Neighbourhood
from firewatch.services.intake import Intake
from firewatch.services.links import CallLinks
from firewatch.services.rating import DangerBooks, RatingKeeper
from firewatch.services.retention import Aging, Pruner
from firewatch.services.wording import CatalogueWords, Voice
from firewatch.texts import Language, catalogue
from firewatch.triage_wiring import surroundings

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.config import CentralConfig, CentreConfig, Secrets, SmtpConfig
    from firewatch.domain.sites import SiteMap
    from firewatch.services.outages import Lookout
    from firewatch.services.ports import Notifier

__all__ = [
    "Central",
    "Clockwork",
    "build_associator",
    "build_clockwork",
    "build_intake",
    "centre_name",
    "checked_weather",
    "danger_rules",
    "mqtt_settings",
    "new_id",
    "open_central",
    "prepare_store",
    "public_url",
]

logger = logging.getLogger(__name__)

# So many channels may keep silent at once before a healthy one has to wait.
_SENDERS = 8
_FILL_SLOT = (
    "fill it from the bureau's licensed copy into a file, as configs/danger_classes/README.md says, and name the file "
    "here; or leave it at ly_t_1172_1995"
)


def new_id(at: datetime) -> str:
    """Make a ULID for an instant."""
    return make_ulid(at, os.urandom(10))


@dataclass(frozen=True, slots=True)
class Central:
    """What every process of the central service has."""

    config: CentralConfig
    secrets: Secrets
    store: Store
    sites: SiteMap
    clock: SystemClock
    zone: ZoneInfo
    links: CallLinks


def open_central(config: CentralConfig, secrets: Secrets) -> Central:
    """Open the store and read the sites, for one process.

    Raises
    ------
    StoreError
        If the database cannot be used.
    ConfigError
        If the sites cannot be read.
    """
    sites = read_sites(Path(config.centre.sites))
    store = prepare_store(config, secrets)
    links = CallLinks(secrets.link_secrets, public_url(config))
    return Central(config, secrets, store, sites, SystemClock(), ZoneInfo(config.centre.time_zone), links)


def prepare_store(config: CentralConfig, secrets: Secrets) -> Store:
    """Open the store and bring its tables to this program's; raise `StoreError` if it cannot be used."""
    return open_store(_store_url(config, secrets), Path(config.store.evidence))


def _store_url(config: CentralConfig, secrets: Secrets) -> str:
    url = make_url(config.store.url)
    if url.drivername == "sqlite":
        _make_folder(Path(url.database or "").parent)
    elif secrets.database_password:
        url = url.set(password=secrets.database_password)
    return url.render_as_string(hide_password=False)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        how = "check store.url, and that the service may write there"
        raise StoreError(f"could not make the folder {folder}: {err.strerror}; {how}") from err


def public_url(config: CentralConfig) -> str:
    """Return the address of the pages as phones reach it."""
    return config.web.public_url or f"http://{config.web.host}:{config.web.port}"


def mqtt_settings(config: CentralConfig, secrets: Secrets, role: str) -> MqttSettings:
    """Return how a process reaches the broker; its client id ends in its role."""
    mqtt = config.mqtt
    return MqttSettings(
        host=mqtt.host,
        port=mqtt.port,
        client_id=f"{mqtt.client_id}-{role}",
        username=mqtt.username,
        password=secrets.mqtt_password,
        tls=TlsSettings(ca_file=mqtt.tls_ca, cert_file=mqtt.tls_cert) if mqtt.tls_ca else None,
        protocol=mqtt.protocol,
    )


def build_intake(central: Central) -> MqttIntake:
    """Wire the intake: broker to store."""
    store = central.store
    intake = Intake(store.intake_writer, store.evidence_files, store.quarantine_book)
    return MqttIntake(mqtt_settings(central.config, central.secrets, "intake"), intake, central.clock)


def build_associator(central: Central) -> Associator:
    """Wire the associator; raise `ConfigError` if a file that its belief rests on cannot be used."""
    store = central.store
    return Associator(
        book=store.sighting_book,
        log=store.incident_log,
        cursors=store.cursors,
        sites=central.sites,
        neighbourhood=Neighbourhood(central.sites, store.rating_book, central.zone),
        clock=central.clock,
        new_id=new_id,
        around=surroundings(
            central.config, central.zone, store.decision_log, heat=hotspot_memory(central.config, store)
        ),
        # What is not ready yet is None: no alert waits for a viewshed. Until then fires lie on the plane.
        locator=build_locator(
            central.sites,
            store,
            central.zone,
            SeenGround(central.config.terrain, central.sites),
            place_factors(land_cover_map(central.config.land_cover)),
        ),
    )


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What the clockwork turns."""

    raiser: AlertRaiser
    sender: NotificationSender
    keeper: RatingKeeper
    feeds: FeedReporter
    hotspots: FeedReporter
    pruner: Pruner
    lookout: Lookout


def build_clockwork(central: Central) -> Clockwork:
    """Wire ratings, feeds, alerts and notifications.

    Raises
    ------
    ConfigError
        If the roster cannot be read, or the danger table cannot rate.
    """
    store, config = central.store, central.config
    roster = FileRoster(Path(config.centre.roster))
    raiser = AlertRaiser(
        store.incident_log,
        store.alert_book,
        roster,
        store.cursors,
        central.clock,
        new_id,
    )
    alerting = config.alerting
    sender = NotificationSender(
        alerts=store.alert_book,
        log=store.incident_log,
        notifiers=_notifiers(central),
        words=with_outages(_words(central), store, _voice(central), central.sites, public_url(config)),
        clock=central.clock,
        retries=Retries(alerting.first_retry_s, alerting.longest_retry_s, alerting.most_tries),
        executor=ThreadPoolExecutor(_SENDERS, thread_name_prefix="sender"),
    )
    books = DangerBooks(checked_weather(central), store.forecast_book, store.rating_book, store.outlook_book)
    keeper = RatingKeeper(books, central.sites, danger_rules(config), central.clock)
    lookout = build_lookout(
        store, central.sites, central.clock, roster=roster, after_minutes=alerting.blind_minutes, new_id=new_id
    )
    hotspots = hotspot_reporter(config, central.sites, central.secrets, store, central.clock)
    return Clockwork(raiser, sender, keeper, _feed_reporter(central), hotspots, _pruner(central), lookout)


def _pruner(central: Central) -> Pruner:
    store, keep = central.store, central.config.keep
    books = (
        Aging("hourly readings", store.hour_book, timedelta(days=keep.hours_days)),
        Aging("forecasts", store.forecast_book, timedelta(days=keep.forecasts_days)),
        Aging("hotspots", store.hotspot_book, timedelta(days=keep.hotspots_days)),
        Aging("commands", store.command_book, timedelta(days=keep.commands_days)),
        Aging("open eyes", store.eyes_record, timedelta(days=keep.eyes_days)),
    )
    return Pruner(books, central.clock)


def checked_weather(central: Central) -> CheckedWeather:
    """Return the weather readings with what is doubtful in them: for whoever rates or shows them."""
    return CheckedWeather(central.store.weather_book, feed_rules(central.config).limits)


def _feed_reporter(central: Central) -> FeedReporter:
    store, config = central.store, central.config
    feeds = build_feeds(config, central.sites, central.secrets).weather
    keeper = FeedKeeper(
        feeds,
        FeedBooks(store.hour_book, store.forecast_book, store.weather_book, store.intake_writer),
        feed_rules(config),
        central.clock,
        DaemonThreads("feed"),
    )
    return FeedReporter(keeper, store.feed_state_book)


def danger_rules(config: CentralConfig, source: str = "settings") -> DangerRules:
    """Return the rules of the danger rating.

    Raises
    ------
    ConfigError
        Naming the settings by `source`, if the danger table is an empty slot or cannot be read.
    """
    series = SeriesRules(
        gap_policy=GapPolicy(config.danger.gap_policy),
        utc_offset=timedelta(hours=config.danger.utc_offset_h),
    )
    given = config.danger.table
    table = find_danger_table(given)
    try:
        return DangerRules.of(table, series)
    except InvalidValue as err:
        why = f"{given!r} is the empty slot of {err.given}; {_FILL_SLOT}"
        raise ConfigError(source, "danger.table", why) from err


def _notifiers(central: Central) -> tuple[Notifier, ...]:
    from firewatch.adapters.webhook import WebhookNotifier

    webhook = WebhookNotifier(central.config.alerting.webhook_timeout_s)
    smtp = central.config.smtp
    return (webhook,) if smtp is None else (webhook, SmtpNotifier(_smtp_server(smtp, central.secrets)))


def _smtp_server(smtp: SmtpConfig, secrets: Secrets) -> SmtpServer:
    return SmtpServer(smtp.host, smtp.port, smtp.sender, smtp.security, smtp.username, secrets.smtp_password)


def _words(central: Central) -> CatalogueWords:
    return CatalogueWords(
        voice=_voice(central),
        sites=central.sites,
        links=central.links,
        book=central.store.sighting_book,
        files=central.store.evidence_files,
        clock=central.clock,
    )


def _voice(central: Central) -> Voice:
    centre = central.config.centre
    name, texts = centre_name(centre), catalogue(Language(centre.language))
    return Voice(texts.pick(zh=name.zh, en=name.en), texts, central.zone)


def centre_name(centre: CentreConfig) -> Name:
    """Return the name of the centre in both languages."""
    return Name(centre.name, centre.name_en or centre.name)
