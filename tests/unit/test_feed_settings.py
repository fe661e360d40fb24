"""The blocks of feeds are refused by name where they cannot work, and wired to the adapter that they name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from feed_answers import station

from firewatch.adapters.feeds.firms import FirmsFeed
from firewatch.adapters.feeds.gridded import GriddedFeed
from firewatch.adapters.feeds.himawari import HimawariFeed
from firewatch.adapters.feeds.metar import MetarFeed
from firewatch.adapters.feeds.nmc import NmcFeed
from firewatch.adapters.feeds.open_meteo import OpenMeteoFeed
from firewatch.adapters.feeds.station_csv import StationCsvFeed
from firewatch.config import Secrets, describe, read_config, read_feed_secrets, read_secrets
from firewatch.danger.quality import Span
from firewatch.domain.sites import SiteMap
from firewatch.errors import ConfigError
from firewatch.feed_wiring import build_feeds, feed_rules, feed_warnings

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.config import CentralConfig

SITES = SiteMap((), (station(), station("leiyang", 26.42, 112.85)))
KEYS = Secrets((), firms_key="map-key")
ALL = """
[quality]
usual_temp_c = [-12.0, 43.0]
[danger]
utc_offset_h = 7.0
[[feeds]]
kind = "station-csv"
name = "own"
path = "weather"
rows = "noons"
stations = { leiyang = "" }
[[feeds]]
kind = "open-meteo"
every_s = 3600.0
[[feeds]]
kind = "nmc"
stations = { hengyang = "57872" }
[[feeds]]
kind = "metar"
stations = { hengyang = "ZGHY" }
[[feeds]]
kind = "gridded"
path = "/data/ecmwf"
[[feeds]]
kind = "firms"
box_deg = [110.0, 26.0, 113.5, 28.0]
[[feeds]]
kind = "himawari"
path = "himawari"
box_deg = [110, 26, 113.5, 28]
"""


def read(folder: Path, text: str) -> CentralConfig:
    path = folder / "central.toml"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def test_each_block_is_wired_to_its_adapter_its_pace_and_its_stations(tmp_path: Path) -> None:
    config = read(tmp_path, ALL)
    feeds = build_feeds(config, SITES, KEYS)
    assert [type(paced.feed) for paced in feeds.weather] == [
        StationCsvFeed,
        OpenMeteoFeed,
        NmcFeed,
        MetarFeed,
        GriddedFeed,
    ]
    assert [type(paced.feed) for paced in feeds.hotspots] == [FirmsFeed, HimawariFeed]
    assert [paced.feed.name for paced in feeds.weather] == ["own", "open-meteo", "nmc", "metar", "gridded"]
    assert [paced.feed.name for paced in feeds.hotspots] == ["firms", "himawari"]
    assert [paced.every_s for paced in feeds.weather][:2] == [1800.0, 3600.0]
    assert [one.station_id for one in feeds.weather[0].stations] == ["leiyang"]
    assert feeds.weather[1].stations == SITES.stations
    assert config.feeds[0].path == str(tmp_path / "weather")
    assert config.feeds[4].path == "/data/ecmwf"


def test_the_rules_follow_the_settings(tmp_path: Path) -> None:
    rules = feed_rules(read(tmp_path, ALL))
    assert rules.limits.temp_c.usual == Span(-12.0, 43.0)
    assert rules.limits.rain_mm.usual is None
    assert rules.noon.utc_offset == timedelta(hours=7)


def test_every_block_is_told_by_check_config_and_there_is_none_by_default(tmp_path: Path) -> None:
    told = describe(read(tmp_path, ALL))
    assert "feeds[0].kind = 'station-csv'" in told
    assert "feeds[2].stations = {'hengyang': '57872'}" in told
    assert "feeds = (none)" in describe(read(tmp_path, ""))


@pytest.mark.parametrize(
    ("block", "key", "why"),
    [
        ('kind = "radar"', "feeds[0].kind", "'radar'; allowed are 'station-csv', 'open-meteo'"),
        ('kind = "nmc"\ncolour = 1', "feeds[0]", "there is no setting 'colour'; allowed are kind, name"),
        ('name = "x"', "feeds[0]", "missing required field `kind`"),
        ('kind = "nmc"\nevery_s = 1.0', "feeds[0].every_s", ">= 60.0; given is 1.0"),
        ('kind = "nmc"\nname = "N M"', "feeds[0].name", "matching regex"),
        ('kind = "nmc"', "feeds[0].stations", "needs the source's code of each station"),
        ('kind = "metar"', "feeds[0].stations", "needs the source's code"),
        ('kind = "station-csv"', "feeds[0].path", "is empty; station-csv needs a file or folder"),
        ('kind = "open-meteo"\nurl = "ftp://x"', "feeds[0].url", "allowed is an address"),
        ('kind = "open-meteo"\nname = "mqtt"', "feeds[0].name", "names another source, too"),
        ('kind = "open-meteo"\n[[feeds]]\nkind = "open-meteo"', "feeds[0].name", "give each [[feeds]] block its own"),
        ('kind = "firms"\nbox_deg = [1.0, 2.0]', "feeds[0].box_deg", "west, south, east and north"),
        ('kind = "firms"\nbox_deg = [113.0, 26.0, 110.0, 28.0]', "feeds[0].box_deg", "west, south, east and north"),
    ],
)
def test_a_block_that_cannot_work_is_named(tmp_path: Path, block: str, key: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, f"[[feeds]]\n{block}\n")
    assert refused.value.key == key
    assert why in refused.value.why


@pytest.mark.parametrize("pair", ["[43.0, -12.0]", "[1.0]", "[1.0, 1.0]"])
def test_limits_that_are_none_are_refused(tmp_path: Path, pair: str) -> None:
    with pytest.raises(ConfigError, match="allowed are the lowest and the highest"):
        read(tmp_path, f"[quality]\nusual_temp_c = {pair}\n")


def test_a_station_on_no_map_and_a_missing_key_are_told(tmp_path: Path) -> None:
    config = read(tmp_path, '[[feeds]]\nkind = "nmc"\nstations = { atlantis = "1" }\n')
    with pytest.raises(ConfigError, match=r"feeds\[0\].stations: atlantis on no map; on it are hengyang, leiyang"):
        build_feeds(config, SITES, KEYS)
    with pytest.raises(ConfigError, match="FIREWATCH_FIRMS_KEY: is not set; the feed firms needs it"):
        build_feeds(read(tmp_path, ALL), SITES, Secrets(()))


def test_metar_alone_is_warned_of_and_with_a_source_of_rain_it_is_not(tmp_path: Path) -> None:
    alone = read(tmp_path, '[[feeds]]\nkind = "metar"\nstations = { hengyang = "ZGHY" }\n')
    (warning,) = feed_warnings(alone, SITES)
    assert warning.startswith("station hengyang has METAR alone, which carries no rain")
    assert list(feed_warnings(read(tmp_path, ALL), SITES)) == []


def test_keys_come_from_the_environment_and_are_never_shown() -> None:
    environment = {
        "FIREWATCH_SECRET": "0123456789abcdef",
        "FIREWATCH_FIRMS_KEY": "map-key",
        "FIREWATCH_OPEN_METEO_KEY": "paid",
    }
    for secrets in (read_secrets(environment), read_feed_secrets(environment)):
        assert (secrets.firms_key, secrets.open_meteo_key) == ("map-key", "paid")
        assert "map-key" not in repr(secrets)
    assert read_feed_secrets({}).firms_key == ""
