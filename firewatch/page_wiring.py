"""Wiring of the pages: what they read, and what they act through."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from firewatch.adapters.roster_toml import FileRoster
from firewatch.adapters.townships_geojson import read_townships
from firewatch.bootstrap import Central, centre_name, checked_weather, danger_rules, new_id, public_url
from firewatch.command_wiring import remote_services
from firewatch.danger_wiring import class_tables, ignition_board, surface_board
from firewatch.feed_wiring import feed_paces
from firewatch.ground_wiring import HillsAround, SeenGround
from firewatch.hotspot_wiring import hotspot_desk
from firewatch.land_wiring import land_cover_map, place_factors
from firewatch.locating_wiring import build_locator
from firewatch.services.board import Books, IncidentPages, SitePages
from firewatch.services.calls import Calls
from firewatch.services.class_board import ClassPages
from firewatch.services.danger_board import DangerPages, RatedBooks
from firewatch.services.feed_states import FeedPages
from firewatch.services.masks import MaskDesk
from firewatch.services.matching import Matching
from firewatch.services.review import Review
from firewatch.services.townships import Townships
from firewatch.services.weighing import Weigher
from firewatch.spread_wiring import spread_pages

if TYPE_CHECKING:
    from fastapi import FastAPI

    from firewatch.adapters.land_cover import LandCoverFolder
    from firewatch.config import CentralConfig
    from firewatch.services.command_ports import LivePictures
    from firewatch.services.hotspots import HotspotDesk
    from firewatch.services.spreading import SpreadPages
    from firewatch.web import WebSettings

__all__ = ["build_web"]

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


def build_web(central: Central, live: LivePictures | None = None) -> FastAPI:
    """Wire the pages; `live` is what live looks bring."""
    from firewatch.web import WebServices, create_app

    store = central.store
    books, danger = _incident_books(central), _danger_pages(central)
    seen = SeenGround(central.config.terrain, central.sites)
    cover = land_cover_map(central.config.land_cover)
    spread = _spread_pages(central, cover)
    services = WebServices(
        clock=central.clock,
        incidents=IncidentPages(books, Weigher(spread, central.clock)),
        pictures=store.evidence_files,
        sites=_sites(central),
        danger=danger,
        surface=surface_board(central.config.danger, central.sites, danger),
        ignition=ignition_board(central.config.danger),
        remote=remote_services(store, central.clock, new_id, live, central.config.enrolment.models),
        feeds=FeedPages(feed_paces(central.config), store.feed_state_book),
        classes=ClassPages(store.rating_book, store.rating_book, class_tables(central.config.danger)),
        live=store.incident_log,
        wake=store.live_wake,
        review=Review(store.incident_log, store.incident_log, central.clock, new_id),
        calls=Calls(books, store.alert_book, central.clock, new_id),
        accounts=store.accounts,
        sessions=store.sessions,
        links=central.links,
        settings=_settings(central),
        certificates=store.enrolment_book,
        masks=MaskDesk(store.mask_book, central.sites, central.clock, new_id),
        pose_views=store.pose_views,
        matching=Matching(store.incident_log, central.clock, new_id),
        hotspots=_hotspot_desk(central, books, seen),
        spread=spread,
        ground=seen,
        terrain=seen,
        townships=_townships(central.config),
        locator=build_locator(central.sites, store, central.zone, seen, place_factors(cover)),
    )
    return _guarded(create_app(services), central.config)


def _sites(central: Central) -> SitePages:
    store = central.store
    return SitePages(central.sites, store.rating_book, store.weather_book, store.node_book, store.quarantine_book)


def _hotspot_desk(central: Central, books: Books, seen: SeenGround) -> HotspotDesk:
    incidents, clock = IncidentPages(books), central.clock
    return hotspot_desk(central.config, central.sites, central.store, incidents, clock, new_id=new_id, ground_of=seen)


def _guarded(app: FastAPI, config: CentralConfig) -> FastAPI:
    """Return the pages, answering only to the names that they are known by."""
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_answered_hosts(config), www_redirect=False)
    return app


def _spread_pages(central: Central, cover: LandCoverFolder | None) -> SpreadPages:
    store, hills = central.store, HillsAround(central.config.terrain)
    return spread_pages(central.config, central.sites, store.hour_book, store.weather_book, hills, cover)


def _townships(config: CentralConfig) -> Townships | None:
    given = config.centre.townships
    return Townships(read_townships(Path(given))) if given else None


def _settings(central: Central) -> WebSettings:
    from firewatch.web import WebSettings

    return WebSettings(
        secret=central.secrets.link_secrets[0],
        centre_name=centre_name(central.config.centre),
        time_zone=central.zone,
        cookie_secure=public_url(central.config).startswith("https:"),
    )


def _incident_books(central: Central) -> Books:
    store = central.store
    return Books(
        log=store.incident_log,
        timeline=store.incident_log,
        sightings=store.sighting_book,
        evidence=store.evidence_index,
        deliveries=store.alert_book,
        readings=store.weather_book,
        roster=FileRoster(Path(central.config.centre.roster)),
    )


def _danger_pages(central: Central) -> DangerPages:
    store = central.store
    books = RatedBooks(
        ratings=store.rating_book,
        outlooks=store.outlook_book,
        readings=checked_weather(central),
        forecasts=store.forecast_book,
        changes=store.rating_book,
    )
    return DangerPages(central.sites, books, danger_rules(central.config))


def _answered_hosts(config: CentralConfig) -> list[str]:
    """Return the host names that the pages answer to: another's name that leads here must not act for its visitor."""
    web = config.web
    public = urlsplit(public_url(config)).hostname or web.host
    if not web.public_url and public in _EVERY_ADDRESS:
        # Nobody said by which name the pages are reached.
        return ["*"]
    return [*dict.fromkeys((public, web.host, "localhost", "127.0.0.1", *web.trusted_hosts))]
