"""The danger pages and their API: today and five days on, every number with its parts, no data never low."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from danger_example import RULES, ExampleDanger
from filled_standard import fictitious_table
from web_centre import HTML, Centre

from firewatch.danger.class_tables import LimitSide
from firewatch.danger.htz import grade_of
from firewatch.domain.sites import SiteMap
from firewatch.services.danger_board import DangerPages
from firewatch.testing import SCENE_START, FrozenClock, example_sites

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


TODAY = date(2026, 4, 4)
CHINESE = re.compile("[\u4e00-\u9fff]+")
DAY = timedelta(days=1)


@pytest.fixture
def centre() -> Centre:
    return Centre()


def ask(browser: httpx.Client, path: str, **query: str) -> dict:  # type: ignore[type-arg]
    answer = browser.get(f"/api/v1/danger{path}", params={"lang": "en", **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_table_has_every_unit_with_today_and_five_days(centre: Centre) -> None:
    with centre.browser() as browser:
        table = ask(browser, "")
    assert table["days"] == [(TODAY + n * DAY).isoformat() for n in range(6)]
    assert table["units"] == 5
    assert [row["area"] for row in table["rows"]] == ["Hengyang County", "Hengnan", "Hengshan", "Hengdong", "Changning"]
    assert {len(row["cells"]) for row in table["rows"]} == {6}
    assert table["missing"] == ["Hengyang County", "Hengnan", "Changning"]
    assert table["scale"] == "Forest fire danger grade"


def test_the_tables_numbers_are_those_of_the_ratings(centre: Centre) -> None:
    with centre.browser() as browser:
        rows = {row["area"]: row for row in ask(browser, "")["rows"]}
    (hengshan,) = (one for one in centre.danger.pages.dangers(TODAY, TODAY + 5 * DAY, centre.clock.now())[:1])
    for cell in rows["Hengshan"]["cells"]:
        rating, is_forecast = hengshan.on(date.fromisoformat(cell["day"]))
        assert rating is not None
        assert rating.grade is not None
        assert cell["grade"] == rating.grade.value
        assert cell["fwi"] == round(rating.indices.fwi, 1)
        assert cell["kind"] == ("forecast" if is_forecast else "observed")
    assert rows["Hengshan"]["cells"][0]["origin"] == "Reading of 04-04 12:00 mqtt"
    assert rows["Hengshan"]["cells"][1]["origin"] == "open-meteo, issued 04-04 07:00"
    assert rows["Hengshan"]["outlook"] == "Forecast: open-meteo, issued 04-04 07:00"


def test_what_is_missing_is_no_data_and_never_a_grade(centre: Centre) -> None:
    with centre.browser() as browser:
        rows = {row["area"]: row for row in ask(browser, "")["rows"]}
    for area in ("Hengyang County", "Changning"):
        assert {(cell["grade"], cell["kind"], cell["words"]) for cell in rows[area]["cells"]} == {
            (None, "none", "No data")
        }
    (today, *ahead) = rows["Hengnan"]["cells"]
    assert (today["grade"], today["words"]) == (None, "No data")
    assert today["missing"] == ["highest temperature", "lowest humidity"]
    assert {cell["kind"] for cell in ahead} == {"none"}
    assert rows["Changning"]["station"] == "No station"


def test_before_noon_yesterdays_grade_is_told_beside_no_data(centre: Centre) -> None:
    clock = FrozenClock(SCENE_START - timedelta(hours=9))
    danger = ExampleDanger(clock, noon_has_come=False)
    danger.outlooks._outlooks.clear()
    with centre.browser(danger=danger.pages, clock=clock) as browser:
        rows = {row["area"]: row for row in ask(browser, "")["rows"]}
        page = browser.get("/danger?lang=en", headers=HTML).text
    today = rows["Hengshan"]["cells"][0]
    assert (today["grade"], today["kind"]) == (None, "none")
    assert today["origin"].startswith("No reading yet today; yesterday: Danger ")
    assert today["origin"] in page


def test_the_highest_is_told_with_all_that_have_it(centre: Centre) -> None:
    with centre.browser() as browser:
        table = ask(browser, "")
    grades = {row["area"]: row["cells"][3]["grade"] for row in table["rows"]}
    top = table["highest"][3]
    assert top["cell"]["grade"] == max(grade for grade in grades.values() if grade)
    assert top["areas"] == [area for area, grade in grades.items() if grade == top["cell"]["grade"]]


@dataclass
class Renamed:
    """A site board whose stations were given to other units."""

    map: SiteMap

    def sites(self) -> SiteMap:
        return self.map

    def __getattr__(self, name: str) -> object:
        return getattr(Centre().board, name)


def test_a_unit_of_several_stations_shows_the_highest_and_each(centre: Centre) -> None:
    sites = example_sites()
    stations = tuple(
        replace(one, area_code="430423" if one.station_id in {"hengshan", "hengdong"} else None)
        for one in sites.stations
    )
    renamed = Renamed(replace(sites, stations=stations))
    with centre.browser(sites=renamed) as browser:
        rows = ask(browser, "")["rows"]
    unit = next(row for row in rows if row["area"] == "Hengshan" and row["is_area"])
    own = [row for row in rows if row["area"] == "Hengshan" and not row["is_area"]]
    assert unit["station"] == "Highest of 2 stations"
    assert [row["station_id"] for row in own] == ["hengshan", "hengdong"]
    for n, cell in enumerate(unit["cells"]):
        assert cell["grade"] == max(row["cells"][n]["grade"] for row in own)
    # Stations of no unit stand for themselves, after the units.
    assert [row["area"] for row in rows[-2:]] == ["Hengnan", "Xidu"]


def test_a_centre_without_a_station_has_an_empty_table(centre: Centre) -> None:
    renamed = Renamed(SiteMap((), ()))
    with centre.browser(sites=renamed) as browser:
        table = ask(browser, "")
        assert browser.get("/danger", headers=HTML).status_code == 200
    assert (table["rows"], table["units"]) == ([], 0)
    assert {top["cell"]["grade"] for top in table["highest"]} == {None}


def test_a_stations_day_shows_every_part_and_they_add_up(centre: Centre) -> None:
    with centre.browser() as browser:
        found = ask(browser, "/stations/hengshan")
    day = found["opened"]
    assert found["day"] == TODAY.isoformat()
    points = [part["points"] for part in day["htz"]]
    assert day["total"] == sum(points[:4]) - points[4]
    assert day["cell"]["grade"] == grade_of(day["total"], centre.danger.pages._rules.table).value
    assert [part["is_unconfirmed"] for part in day["htz"]] == [False, True, True, False, True]
    assert [part["went_in"] for part in day["htz"]] == [
        "Highest temperature 27 °C",
        "Lowest humidity 36 %",
        "12 days since rain (03-23)",
        "Strongest wind 5 m/s",
        "Month 4",
    ]
    assert day["limits"] == "HTZ by grade: 1: ≤25 · 2: 26–50 · 3: 51–72 · 4: 73–90 · 5: ≥91"  # noqa: RUF001
    assert day["rain"] == "12 days since rain (03-23)"


def test_a_station_rated_by_a_filled_standard_shows_its_parts_and_no_other(centre: Centre, tmp_path: Path) -> None:
    table = fictitious_table(tmp_path)
    danger = ExampleDanger(centre.clock, rules=replace(RULES, table=table))
    with centre.browser(danger=danger.pages) as browser:
        day = ask(browser, "/stations/hengshan")["opened"]
        page = browser.get("/danger/hengshan?lang=en", headers=HTML).text
        none = ask(browser, "/stations/hengnan")["opened"]
    told = [(part["name"], part["sign"], part["points"], part["went_in"]) for part in day["htz"]]
    assert told == [
        ("heat", "", 2.0, "Highest temperature 27 °C"),
        ("spell", "", 3.0, "12 days since rain (03-23)"),
        ("wet", "−", 0.0, "Humidity 42 %"),  # noqa: RUF001
        ("damp", "×", 1.0, "Lowest humidity 36 %"),  # noqa: RUF001
    ]
    assert (day["scheme"], day["total"]) == ("TEST 1-2026", 5.0)
    assert day["cell"]["grade"] == table.grade_of(5.0).value
    assert [part["is_unconfirmed"] for part in day["htz"]] == [True, False, False, False]
    meanings = {mark["words"]: mark["meaning"] for mark in day["marks"]}
    assert "licensed copy" in meanings["Tables heat to be verified"]
    assert day["limits"] == "Total by grade: 1: ≤1 · 2: >1 ≤2 · 3: >2 ≤3 · 4: >3 ≤4 · 5: >4"
    assert "HTZ" not in page
    for words in ("TEST 1-2026", "Total of the parts, times the factors (×)", "×1.0"):  # noqa: RUF001
        assert words in page
    assert (none["htz"], none["total"], none["limits"], none["formula"]) == ([], None, "", "")


def test_an_older_day_keeps_the_parts_of_the_scheme_that_rated_it(centre: Centre, tmp_path: Path) -> None:
    pages = centre.danger.pages
    later = DangerPages(centre.danger.sites, pages._books, replace(RULES, table=fictitious_table(tmp_path)))
    with centre.browser(danger=later) as browser:
        day = ask(browser, "/stations/hengshan")["opened"]
    assert (day["scheme"], day["limits"]) == ("LY/T 1172-1995", "")
    assert len(day["htz"]) == 5


def test_limits_that_belong_to_the_upper_grade_say_so(centre: Centre, tmp_path: Path) -> None:
    table = replace(fictitious_table(tmp_path), limit_in=LimitSide.UPPER, factors=())
    danger = ExampleDanger(centre.clock, rules=replace(RULES, table=table))
    with centre.browser(danger=danger.pages) as browser:
        day = ask(browser, "/stations/hengshan")["opened"]
    assert day["limits"] == "Total by grade: 1: <1 · 2: ≥1 <2 · 3: ≥2 <3 · 4: ≥3 <4 · 5: ≥4"
    assert day["formula"] == "Total of the parts"


def test_a_noon_more_dangerous_than_its_extremes_is_named_in_their_place(centre: Centre) -> None:
    noon = replace(centre.danger.reading("hengshan", 0, 0.0), max_temp_c=11.0, min_rh_pct=90.0, max_wind_ms=0.1)
    centre.danger.send(noon)
    centre.danger.keeper.step()
    with centre.browser() as browser:
        parts = ask(browser, "/stations/hengshan")["opened"]["htz"]
    assert [parts[n]["went_in"] for n in (0, 1, 3)] == ["Temperature 24 °C", "Humidity 42 %", "Wind 12 km/h"]


def test_a_record_too_short_to_know_the_last_rain_says_so_beside_part_c(centre: Centre) -> None:
    for ago in (1, 0):
        centre.danger.send(centre.danger.reading("xidu", ago, 0.0))
    centre.danger.keeper.step()
    with centre.browser() as browser:
        day = ask(browser, "/stations/xidu")["opened"]
    assert day["htz"][2]["went_in"] == "Rain record too short for the days since rain"
    assert day["rain"] == "No rain on record: at least 2 days"
    assert day["start"] == "Day before"


def test_codes_name_what_went_in_and_what_they_were_before(centre: Centre) -> None:
    with centre.browser() as browser:
        found = ask(browser, "/stations/hengshan")
    codes = {code["name"].partition(" ")[0]: code for code in found["opened"]["codes"]}
    assert list(codes) == ["FFMC", "DMC", "DC", "ISI", "BUI", "FWI", "DSR"]
    yesterday = next(one for one in found["trend"] if one["cell"]["day"] == (TODAY - DAY).isoformat())
    for name in ("FFMC", "DMC", "DC"):
        assert codes[name]["before"] == yesterday[name.lower()]
    assert codes["DMC"]["went_in"] == ["Temperature 24 °C", "Humidity 42 %", "Rain of 24 h 0 mm", "Effective day 9.5 h"]
    assert codes["DC"]["went_in"][-1] == "Day-length factor +0.9"
    assert codes["FWI"]["went_in"] == [f"ISI {codes['ISI']['value']:g}", f"BUI {codes['BUI']['value']:g}"]
    assert found["opened"]["start"] == "Day before"


def test_doubts_and_marks_are_explained(centre: Centre) -> None:
    with centre.browser() as browser:
        doubted = ask(browser, "/stations/hengshan", day=(TODAY - DAY).isoformat())["opened"]
        estimated = ask(browser, "/stations/hengshan", day=(TODAY - 4 * DAY).isoformat())["opened"]
        ahead = ask(browser, "/stations/hengshan", day=(TODAY + DAY).isoformat())["opened"]
    assert doubted["doubts"] == [
        {
            "field": "noon humidity",
            "kind": "stuck",
            "meaning": "the same figure for too long; the sensor may be stuck",
            "why": "31 % for 14 hours; at most 6",
        }
    ]
    assert doubted["cell"]["is_doubted"]
    assert "The day's reading is doubted" in [mark["words"] for mark in doubted["marks"]]
    assert estimated["cell"]["kind"] == "estimated"
    assert estimated["weather"] == []
    assert ahead["marks"][0]["words"] == "Made of a forecast"
    for day in (doubted, estimated, ahead):
        assert all(mark["meaning"] for mark in day["marks"])
        assert day["marks"][-1]["words"] == "Tables B, C, E to be verified"


def test_a_station_without_extremes_has_codes_and_says_why_it_has_no_grade(centre: Centre) -> None:
    with centre.browser() as browser:
        day = ask(browser, "/stations/hengnan")["opened"]
        page = browser.get("/danger/hengnan?lang=en", headers=HTML).text
    assert day["cell"]["grade"] is None
    assert day["htz"] == []
    assert day["total"] is None
    assert day["codes"][0]["value"] > 80.0
    assert "Missing: highest temperature, lowest humidity. So there is no grade; no data is not low." in page


def test_a_station_without_anything_is_no_data(centre: Centre) -> None:
    with centre.browser() as browser:
        found = ask(browser, "/stations/xidu")
        page = browser.get("/danger/xidu?lang=en", headers=HTML).text
    assert found["opened"] is None
    assert {day["fwi"] for day in found["trend"]} == {None}
    assert "No data is not low" in page
    assert "<svg" not in page


def test_the_trend_is_seven_days_and_five_to_come(centre: Centre) -> None:
    with centre.browser() as browser:
        trend = ask(browser, "/stations/hengshan")["trend"]
        page = browser.get("/danger/hengshan?lang=en", headers=HTML).text
    kinds = [day["cell"]["kind"] for day in trend]
    assert kinds == ["observed"] * 2 + ["estimated"] + ["observed"] * 4 + ["forecast"] * 5
    assert page.count("<figure") == 6
    assert page.count('<polyline class="forecast"') == 6


def test_a_day_outside_the_trend_opens_today(centre: Centre) -> None:
    with centre.browser() as browser:
        assert ask(browser, "/stations/hengshan", day="1999-01-01")["day"] == TODAY.isoformat()
        assert browser.get("/api/v1/danger/stations/hengshan?day=tomorrow").status_code == 422


def test_an_unknown_station_is_not_there(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.get("/api/v1/danger/stations/nowhere").status_code == 404
        assert browser.get("/danger/nowhere", headers=HTML).status_code == 404


def test_both_languages_are_whole(centre: Centre) -> None:
    with centre.browser() as browser:
        for path in ("/danger", "/danger/hengshan", "/danger/xidu"):
            chinese = browser.get(f"{path}?lang=zh-CN", headers=HTML).text
            english = browser.get(f"{path}?lang=en", headers=HTML).text
            assert "森林火险气象等级" in chinese
            assert "Forest fire danger grade" in english
            assert set(CHINESE.findall(english)) == {"中文"}


def test_danger_needs_a_log_in_where_there_are_accounts(guarded: Centre) -> None:
    with guarded.browser() as browser:
        for path in ("", "/stations/hengshan", "/surface", "/surface.png", "/surface.geojson"):
            assert browser.get(f"/api/v1/danger{path}").status_code == 401
        assert browser.get("/danger", headers=HTML).headers["location"] == "/login"


def test_the_stream_and_the_board_tell_that_danger_changed(centre: Centre) -> None:
    with centre.browser() as browser:
        before = browser.get("/api/v1/state").json()["danger"]
        centre.danger.send(replace(centre.danger.reading("xidu", 0, 3.0)))
        centre.danger.keeper.step()
        assert browser.get("/api/v1/state").json()["danger"] > before
        with browser.stream("GET", "/api/v1/events") as stream:
            beat = next(line for line in stream.iter_lines() if line.startswith("data:"))
    assert f'"danger":{before + 1}' in beat
