"""Feeds from the web read the documented form of each source, and tell what is not of that form.

The samples in tests/golden/feeds were typed to these documents, not recorded:
Open-Meteo https://open-meteo.com/en/docs; METAR WMO-No. 306 FM 15 and FMH-1 chapter 12, as given by
https://aviationweather.gov/api/data/metar?format=raw; nmc.cn has no document: as programs that read it show it;
FIRMS https://www.earthdata.nasa.gov/learn/find-data/near-real-time/firms/viirs-i-band-375-m-active-fire-data and
https://earthdata.nasa.gov/earth-observation-data/near-real-time/firms/c6-mcd14dl.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from feed_answers import NOON, NOW, SAMPLES, Answers, as_json, open_meteo_answer, station

from firewatch.adapters.feeds.firms import FirmsFeed, read_firms_csv
from firewatch.adapters.feeds.metar import MetarFeed
from firewatch.adapters.feeds.nmc import NmcFeed
from firewatch.adapters.feeds.numbers import number_in
from firewatch.adapters.feeds.open_meteo import OpenMeteoFeed
from firewatch.danger.noon import NoonRules, noon_readings
from firewatch.domain.hotspot import HotspotConfidence
from firewatch.domain.weather import DoubtKind
from firewatch.errors import FeedError
from firewatch.services.weather_ports import Fetched

RULES = NoonRules()


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def open_meteo(answer: object, *stations: Any, key: str = "") -> tuple[Fetched, Answers]:
    web = Answers(as_json(answer))
    feed = OpenMeteoFeed("open-meteo", web, "https://api.example.org/v1/forecast", RULES, key)
    return feed.fetch(stations or (station(),), NOW), web


def test_open_meteo_gives_past_hours_and_six_noons() -> None:
    fetched, web = open_meteo(open_meteo_answer())
    assert fetched.problems == ()
    assert len(fetched.hours) == 3 * 24 + 7
    last = fetched.hours[-1]
    assert (last.at, last.temp_c, last.rh_pct, last.wind_kmh, last.rain_mm) == (
        datetime(2026, 11, 26, 6, tzinfo=UTC),
        20.0,
        40.0,
        10.4,
        0.0,
    )
    assert [doubt.kind for doubt in last.doubts] == [DoubtKind.SOURCE]
    (forecast,) = fetched.forecasts
    assert (forecast.source, forecast.issued_at) == ("open-meteo", NOW)
    assert [day.observed_at for day in forecast.days] == [NOON + timedelta(days=n) for n in range(6)]
    noon = forecast.days[1]
    assert (noon.temp_c, noon.rh_pct, noon.rain_mm) == (18.4, 46.0, pytest.approx(0.6))
    assert (noon.max_temp_c, noon.min_rh_pct) == (20.0, 40.0)
    assert noon.doubts == ()
    ((url, params),) = web.asked
    assert url == "https://api.example.org/v1/forecast"
    assert params["latitude"] == "26.9000"
    assert params["wind_speed_unit"] == "kmh"
    assert "apikey" not in params


def test_open_meteo_hours_make_the_noon_reading_which_says_that_a_model_made_it() -> None:
    fetched, _ = open_meteo(open_meteo_answer())
    made = noon_readings(station().station_id, fetched.hours, [NOON.date()])
    assert made.observations[0].rain_mm == pytest.approx(0.6)
    assert [doubt.kind for doubt in made.observations[0].doubts] == [DoubtKind.SOURCE]


def test_open_meteo_answers_several_places_in_their_order() -> None:
    other = open_meteo_answer(latitude=26.4, longitude=112.9, location_id=1)
    fetched, web = open_meteo([open_meteo_answer(), other], station(), station("leiyang", 26.42, 112.85), key="k")
    assert [forecast.station_id for forecast in fetched.forecasts] == ["hengyang", "leiyang"]
    assert web.asked[0][1]["longitude"] == "112.6000,112.8500"
    assert web.asked[0][1]["apikey"] == "k"
    with pytest.raises(FeedError, match="1 places answered where 2 were asked"):
        open_meteo(open_meteo_answer(), station(), station("leiyang"))


def test_open_meteo_wind_in_another_unit_is_converted() -> None:
    answer = open_meteo_answer()
    answer["hourly_units"]["wind_speed_10m"] = "m/s"
    fetched, _ = open_meteo(answer)
    assert fetched.hours[-1].wind_kmh == pytest.approx(10.4 * 3.6)


def test_open_meteo_nulls_are_missing_figures() -> None:
    answer = open_meteo_answer()
    answer["hourly"]["temperature_2m"][3 * 24 + 6] = None
    fetched, _ = open_meteo(answer)
    assert fetched.hours[-1].temp_c is None
    answer["hourly"]["relative_humidity_2m"] = [None] * 240
    fetched, _ = open_meteo(answer)
    assert fetched.forecasts == ()
    assert fetched.problems[0].startswith(
        "station hengyang: no forecast: station hengyang, 2026-11-26: no noon reading"
    )


def changed(path: str, value: object) -> dict[str, Any]:
    answer = open_meteo_answer()
    *way, last = path.split(".")
    inside: Any = answer
    for step in way:
        inside = inside[step]
    inside[last] = value
    return answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"error": True, "reason": "Latitude must be in range"}, "has no hourly values.*Latitude must be"),
        ([[1]], "has no hourly values"),
        (changed("hourly_units", None), "hourly_units is None"),
        (changed("hourly_units.time", "iso8601"), "times in 'iso8601'"),
        (changed("hourly.time", ["x"] * 240), "times that are none"),
        (changed("hourly.time", [1e30] * 240), "times that are none"),
        (changed("hourly_units.temperature_2m", "°F"), "temperature_2m in '°F'; expected is '°C'"),
        (changed("hourly_units.wind_speed_10m", "Bft"), "wind_speed_10m in 'Bft'; expected is 'km/h' or 'm/s'"),
        (changed("hourly_units.precipitation", "inch"), "precipitation in 'inch'"),
        (changed("hourly.precipitation", [0.0] * 10), "precipitation is no list of 240 values"),
        (changed("hourly.temperature_2m", ["warm"] * 240), "temperature_2m: 'warm' is no number"),
        (changed("latitude", 52.52), "is of latitude 52.52, not 26.9"),
        (changed("longitude", None), "is of longitude None"),
    ],
)
def test_open_meteo_of_another_form_is_refused_with_what_came(answer: object, told: str) -> None:
    with pytest.raises(FeedError, match=told):
        open_meteo(answer)


def metar(text: str, **codes: str) -> Fetched:
    feed = MetarFeed("metar", Answers(text), "https://w.example.org/metar", codes or {"hengyang": "ZGHA", "sf": "KSFO"})
    return feed.fetch([station(), station("sf"), station("leiyang")], NOW)


def test_metar_gives_temperature_humidity_and_wind_in_our_units() -> None:
    fetched = metar(sample("metar_hunan.txt"))
    ours = {one.at.hour: one for one in fetched.hours if one.station_id == "hengyang" and one.at.minute == 0}
    assert sorted(ours) == [1, 2, 3, 4, 5]
    assert ours[4].wind_kmh == pytest.approx(10.8)
    assert (ours[4].temp_c, ours[4].rh_pct) == (21.0, pytest.approx(43.2, abs=0.3))
    assert ours[2].temp_c == -1.0
    assert ours[2].wind_kmh == 0.0, "a wind that is to come is not taken for the present one"
    assert (ours[1].temp_c, ours[1].rh_pct, ours[1].wind_kmh) == (10.0, None, None)
    assert {one.rain_mm for one in ours.values()} == {None}
    (half,) = [one for one in fetched.hours if one.at.minute == 30]
    assert (half.wind_kmh, half.temp_c) == (pytest.approx(12.964), None)
    assert fetched.problems == ("line 11: 'No data for ZZZZ' is no report of ZGHA, KSFO",)


@pytest.mark.parametrize(
    "reports",
    [
        "METAR ZGHA 260400Z 02003MPS 9999 12/08 Q1019\nMETAR COR ZGHA 260400Z 02003MPS 9999 21/08 Q1019",
        "METAR ZGHA 260400Z COR 02003MPS 9999 21/08 Q1019\nMETAR ZGHA 260400Z 02003MPS 9999 12/08 Q1019",
        "METAR ZGHA 260400Z CCA 02003MPS 9999 21/08 Q1019\nMETAR ZGHA 260400Z 02003MPS 9999 12/08 Q1019",
        "METAR ZGHA 260400Z 02003MPS 9999 21/08 Q1019\nMETAR ZGHA 260400Z 02003MPS 9999 12/08 Q1019",
    ],
)
def test_of_reports_of_one_instant_the_corrected_or_the_later_counts(reports: str) -> None:
    assert [one.temp_c for one in metar(reports).hours] == [21.0]


@pytest.mark.parametrize(
    ("groups", "figures"),
    [
        ("AUTO 24015G25MPS 210V270 CAVOK M05/M10 Q1030", (-5.0, 67.8, 54.0)),
        ("AUTO ///05MPS //// // ////// 05/M00 Q1030", (5.0, 70.1, 18.0)),
        ("AUTO /////KT 9999NDV // ////// ///// Q////", (None, None, None)),
        ("24008KT 0600 R18L/0550V1200U R36/P2000N FZFG M00/M01 Q1030 REFZRA WS R18", (0.0, 92.9, 14.8)),
        ("VRB02MPS 9999 -SHRA 20/// Q1010 TEMPO 30020G30MPS 10/10", (20.0, None, 7.2)),
        ("P49MPS 9999 20/18 Q1010", (20.0, 88.2, None)),
    ],
)
def test_metar_groups_that_differ_or_are_missing(groups: str, figures: tuple[float | None, ...]) -> None:
    (one,) = metar(f"METAR ZGHA 260400Z {groups}=").hours
    found = (one.temp_c, one.rh_pct, one.wind_kmh)
    assert [None if figure is None else pytest.approx(figure, abs=0.5) for figure in figures] == [*found]


def test_metar_asks_for_no_more_reports_at_once_than_are_given_and_for_a_week_after_a_pause() -> None:
    web = Answers("METAR ZGHA 260400Z 02003MPS 9999 21/08 Q1019")
    codes = {f"st-{n}": f"ZG0{n}" for n in range(8)} | {"hengyang": "ZGHA"}
    feed = MetarFeed("metar", web, "https://w.example.org/metar", codes)
    stations = [station(name) for name in codes]
    asked = []
    for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=30)):
        web.asked.clear()
        feed.fetch(stations, now)
        asked.append([(params["ids"].count(",") + 1, params["hours"]) for _, params in web.asked])
    assert asked == [[(1, "168")] * 9, [(4, "36"), (4, "36"), (1, "36")], [(1, "168")] * 9]


def test_open_meteo_is_asked_for_a_month_at_first_and_after_a_pause() -> None:
    web = Answers(as_json(open_meteo_answer()))
    feed = OpenMeteoFeed("open-meteo", web, "https://m.example.org", NoonRules())
    for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=3)):
        feed.fetch([station()], now)
    assert [params["past_days"] for _, params in web.asked] == ["31", "3", "31"]


def test_metar_rain_is_read_only_of_an_automatic_gauge_that_works() -> None:
    rain = {one.at.hour: one.rain_mm for one in metar(sample("metar_hunan.txt")).hours if one.station_id == "sf"}
    assert rain == {3: None, 4: pytest.approx(0.762), 5: None}


def test_a_station_with_metar_alone_has_no_noon_reading_and_it_is_told() -> None:
    fetched = metar(sample("metar_hunan.txt"))
    made = noon_readings(station().station_id, fetched.hours, [NOON.date()])
    assert made.observations == ()
    assert "rain of 0 of 24 hours known" in made.problems[0]


@pytest.mark.parametrize(
    ("now", "group", "at"),
    [
        (datetime(2026, 3, 1, 0, 30, tzinfo=UTC), "282330Z", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        (datetime(2026, 1, 1, 0, 30, tzinfo=UTC), "312330Z", datetime(2025, 12, 31, 23, 30, tzinfo=UTC)),
        (datetime(2026, 3, 1, 0, 30, tzinfo=UTC), "010000Z", datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime(2028, 3, 1, 0, 30, tzinfo=UTC), "292330Z", datetime(2028, 2, 29, 23, 30, tzinfo=UTC)),
        (datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "010000Z", datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "010000Z", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_metars_day_is_of_this_month_or_the_last(now: datetime, group: str, at: datetime) -> None:
    web = Answers(f"METAR ZGHA {group} 02003MPS 9999 21/08 Q1019")
    (one,) = MetarFeed("metar", web, "https://w.example.org", {"hengyang": "ZGHA"}).fetch([station()], now).hours
    assert one.at == at


def test_metar_without_any_report_is_refused_and_without_codes_not_asked() -> None:
    for text in ("", "METAR ZGHA 350400Z 02003MPS 21/08", "METAR ZGHA 260099Z 02003MPS 21/08", "<html>down</html>"):
        with pytest.raises(FeedError, match="no report of ZGHA"):
            metar(text, hengyang="ZGHA")
    web = Answers("")
    assert MetarFeed("metar", web, "https://w.example.org", {}).fetch([station()], NOW) == Fetched()
    assert web.asked == []


def nmc(*bodies: str | Exception, **codes: str) -> Fetched:
    feed = NmcFeed("nmc", Answers(*bodies), "https://nmc.example.org/rest/weather", codes or {"hengyang": "57872"})
    return feed.fetch([station(), station("leiyang")], NOW)


def test_nmc_hours_are_of_beijing_time_and_9999_is_missing() -> None:
    fetched = nmc(sample("nmc_weather.json"))
    noon, eleven, ten = fetched.hours
    assert (noon.at, noon.temp_c, noon.rh_pct, noon.wind_kmh, noon.rain_mm) == (NOON, 21.3, 43.0, 9.0, 0.0)
    assert (eleven.temp_c, eleven.rh_pct, eleven.wind_kmh, eleven.rain_mm) == (None, 44.0, None, None)
    assert (ten.temp_c, ten.wind_kmh, ten.rain_mm) == (18.9, pytest.approx(14.4), 1.2)
    assert fetched.problems[0] == "station hengyang, hour 4 of passedchart: 'trace' is no number"
    assert "hour 5 of passedchart: time data" in fetched.problems[1]


def test_nmc_of_one_station_does_not_hold_up_another() -> None:
    broken = FeedError("nmc", "answered 502 'bad gateway'", retryable=True)
    fetched = nmc(broken, sample("nmc_weather.json"), hengyang="57872", leiyang="57976")
    assert {one.station_id for one in fetched.hours} == {"leiyang"}
    assert fetched.problems[0] == "station hengyang: answered 502 'bad gateway'"
    with pytest.raises(FeedError, match="502"):
        nmc(broken)


@pytest.mark.parametrize("body", ["[]", '{"data": null}', '{"data": {"passedchart": "none"}}', '"down"'])
def test_nmc_of_another_form_is_refused(body: str) -> None:
    with pytest.raises(FeedError, match=r"no data\.passedchart for code 57872"):
        nmc(body)


def test_an_hour_of_nmc_that_is_no_object_is_told() -> None:
    assert nmc('{"data": {"passedchart": [7]}}').problems == (
        "station hengyang, hour 1 of passedchart: 7 is no object",
    )


def test_firms_viirs_rows_are_hotspots_and_bad_rows_are_told() -> None:
    spotted = read_firms_csv("firms", sample("firms_viirs.csv"))
    first, second, third = spotted.hotspots
    assert (first.position.lat_deg, first.position.lon_deg) == (26.91204, 112.58017)
    assert (first.at, first.satellite) == (datetime(2026, 11, 25, 5, 48, tzinfo=UTC), "N20")
    assert (first.confidence, first.told_confidence) == (HotspotConfidence.NOMINAL, "n")
    assert (first.frp_mw, first.brightness_k, first.size_km2) == (9.5, 339.96, pytest.approx(0.2226))
    assert second.confidence is HotspotConfidence.HIGH
    assert (third.at.hour, third.at.minute, third.frp_mw) == (0, 45, None)
    assert len(spotted.problems) == 2
    assert spotted.problems[0].startswith("row 5: latitude (deg) is 97.1")


def test_firms_gives_the_last_24_hours_of_two_calendar_days() -> None:
    header = sample("firms_viirs.csv").splitlines()[0]
    rows = [
        f"26.9,112.6,300,1,1,2026-11-2{day},{at},N,VIIRS,n,2,2,1,D" for day, at in ((5, "0609"), (5, "611"), (6, "0"))
    ]
    web = Answers("\n".join([header, *rows]))
    feed = FirmsFeed("firms", web, "https://f.example.org", "VIIRS_SNPP_NRT", [110, 24, 114, 30], "K3")
    assert [(one.at.day, one.at.hour) for one in feed.fetch(NOW).hotspots] == [(25, 6), (26, 0)]
    assert web.asked[0][0].endswith("/2")


def test_firms_modis_confidence_in_per_cent_is_told_in_the_three_classes() -> None:
    spotted = read_firms_csv("firms", sample("firms_modis.csv"))
    assert [one.confidence for one in spotted.hotspots] == [
        HotspotConfidence.HIGH,
        HotspotConfidence.NOMINAL,
        HotspotConfidence.LOW,
        None,
    ]
    assert spotted.hotspots[0].brightness_k == 320.5
    assert spotted.problems == ("row 5: confidence 120; allowed is l, n, h, or 0 to 100 %",)


def test_firms_asks_for_a_box_and_a_refused_key_is_told_without_the_key() -> None:
    web = Answers(sample("firms_viirs.csv"))
    feed = FirmsFeed(
        "firms", web, "https://f.example.org/api/area/csv/", "VIIRS_NOAA20_NRT", [110, 24.5, 114.5, 30], "K3"
    )
    assert len(feed.fetch(NOW - timedelta(hours=12)).hotspots) == 3
    assert web.asked[0][0] == "https://f.example.org/api/area/csv/K3/VIIRS_NOAA20_NRT/110,24.5,114.5,30/2"
    with pytest.raises(FeedError, match="starts with 'Invalid MAP_KEY") as told:
        FirmsFeed("firms", Answers("Invalid MAP_KEY."), "https://f.example.org", "X", [0, 0, 1, 1], "K3").fetch(NOW)
    assert "K3" not in str(told.value)


def test_rows_of_another_length_and_empty_places_are_told() -> None:
    header = sample("firms_viirs.csv").splitlines()[0]
    spotted = read_firms_csv("firms", f"{header}\n26.9,112.6\n,112.6,300,1,1,2026-11-25,1,N,VIIRS,n,2,2,1,D\n")
    assert len(spotted.problems) == 2
    assert spotted.problems[1] == "row 3: latitude and longitude are empty; a hotspot needs both"


@pytest.mark.parametrize(
    ("given", "number"), [("", None), (None, None), (" 2.5 ", 2.5), ("NaN", None), (9999, None), (3, 3.0)]
)
def test_a_missing_number_is_none(given: object, number: float | None) -> None:
    assert number_in(given, (9999.0,)) == number


@pytest.mark.parametrize("given", ["x", "inf", True, [1], {}, 10**400])
def test_what_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number_in(given)
