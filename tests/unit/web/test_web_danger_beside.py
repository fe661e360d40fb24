"""What stands on the danger pages besides the ratings: the surface, the calendar, other scales, tomorrow."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from danger_example import ExampleDanger
from web_centre import HTML, Centre

from firewatch.adapters.class_tables import load_class_table
from firewatch.adapters.ignition_toml import load_ignition_calendar
from firewatch.danger.ignition_calendar import Between, IgnitionCalendar, LunarDays, Occasion
from firewatch.danger.index_classes import ClassTable, DangerIndex
from firewatch.danger.occurrence import Link, OccurrenceModel
from firewatch.danger.season_rules import FirePreventionPeriod, MonthDay
from firewatch.danger.surface_grid import ClassLimits, SurfaceAxes, SurfaceGrid
from firewatch.danger_settings import DangerConfig
from firewatch.danger_wiring import surface_board
from firewatch.services.danger_views import DangerSurface, IndexClass, LocalRank
from firewatch.services.ignition_board import IgnitionPages
from firewatch.testing import SCENE_START, FrozenClock

if TYPE_CHECKING:
    import httpx

    from firewatch.domain.danger import DangerRating

TODAY = date(2026, 4, 4)
DAY = timedelta(days=1)


@pytest.fixture
def centre() -> Centre:
    return Centre()


def ask(browser: httpx.Client, path: str, **query: str) -> dict:  # type: ignore[type-arg]
    answer = browser.get(f"/api/v1/danger{path}", params={"lang": "en", **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


class Surfaces:
    """Fulfils `SurfaceBoard` for one day: a grid of two by two, one cell without data."""

    def surface(self, day: date, at: datetime) -> DangerSurface | None:
        assert at.tzinfo is not None
        axes = SurfaceAxes(np.array([26.5, 27.0]), np.array([112.0, 112.5]))
        values = np.array([[1.5, np.nan], [32.5, 93.5]])
        limits = ClassLimits((25.0, 50.0, 72.0, 90.0))
        grid = SurfaceGrid(
            "htz", axes, values, values / 10, limits.classes_of(values), np.zeros((5, 2, 2)), limits, stations=3
        )
        return DangerSurface(day, grid, 1, b"a picture", b'{"type": "FeatureCollection"}') if day == TODAY else None


def test_without_a_surface_the_api_and_the_page_say_so(centre: Centre) -> None:
    with centre.browser(surface=None) as browser:
        for path in ("/surface", "/surface.png", "/surface.geojson"):
            answer = browser.get(f"/api/v1/danger{path}?lang=en")
            assert answer.status_code == 404
            assert answer.json() == {"error": "NoSurface", "words": "There is no danger surface of that day"}
        page = browser.get("/danger?lang=en", headers=HTML).text
    assert "No station is rated by HTZ" in page
    assert "<image" not in page


def test_a_surface_is_told_with_its_uncertainty_and_no_data_as_null(centre: Centre) -> None:
    with centre.browser(surface=Surfaces()) as browser:
        found = ask(browser, "/surface")
        lean = ask(browser, "/surface", cells="false")
        assert browser.get("/api/v1/danger/surface?day=2026-04-05").status_code == 404
        picture = browser.get(found["picture_url"])
        areas = browser.get(found["areas_url"])
    assert found["values"] == [[1.5, None], [32.5, 93.5]]
    assert found["sigma"] == [[0.15, None], [3.25, 9.35]]
    assert found["classes"] == [[1, 0], [2, 5]]
    assert found["shares"] == [25.0, 25.0, 25.0, 0.0, 0.0, 25.0]
    assert (found["day"], found["index"], found["lat_deg"]) == (TODAY.isoformat(), "htz", [26.5, 27.0])
    assert found["corners"] == [[111.75, 27.25], [112.75, 27.25], [112.75, 26.25], [111.75, 26.25]]
    assert found["words"] == "04-04, from 3 stations, 1 of them by forecast"
    assert lean == {**found, "lat_deg": [], "lon_deg": [], "values": [], "sigma": [], "classes": []}
    assert (picture.content, picture.headers["content-type"]) == (b"a picture", "image/png")
    assert (areas.json()["type"], areas.headers["content-type"]) == ("FeatureCollection", "application/geo+json")


def test_before_todays_first_rating_yesterdays_surface_is_shown_and_said_to_be_so(centre: Centre) -> None:
    clock = FrozenClock(SCENE_START - timedelta(hours=9))
    danger = ExampleDanger(clock, noon_has_come=False)
    danger.outlooks._outlooks.clear()
    surface = surface_board(DangerConfig(), danger.sites, danger.pages)
    with centre.browser(danger=danger.pages, surface=surface, clock=clock) as browser:
        assert ask(browser, "/surface")["day"] == (TODAY - DAY).isoformat()
        assert browser.get("/api/v1/danger/surface", params={"day": TODAY.isoformat()}).status_code == 404
        page = browser.get("/danger?lang=en", headers=HTML).text
    assert "04-03, from 2 stations (nothing is rated today yet)" in page


def test_the_pages_map_names_every_station_with_its_grade_and_has_a_key(centre: Centre) -> None:
    with centre.browser() as browser:
        page = browser.get("/danger?lang=en", headers=HTML).text
        table = {row["station"]: row["cells"][0] for row in ask(browser, "")["rows"]}
        picture = browser.get(ask(browser, "/surface")["picture_url"])
    for station, cell in table.items():
        if station != "No station":
            words = "No data" if cell["grade"] is None else cell["words"].removeprefix("Danger ").replace(" · ", " ")
            assert f">{station} {words}</text>" in page
    assert picture.content.startswith(b"\x89PNG")
    key = page.partition('<ul class="key">')[2].partition("</ul>")[0]
    for number, word in enumerate(("Low", "Moderate", "Elevated", "High", "Extreme"), start=1):
        assert f"<b>{number} {word}</b>" in key
    assert "<b>No data</b>" in key


def test_the_calendar_tells_each_days_reasons_with_number_source_and_mark(centre: Centre) -> None:
    with centre.browser() as browser:
        found = ask(browser, "/calendar")
        page = browser.get("/danger?lang=en", headers=HTML).text
    assert [day["day"] for day in found["days"]] == [(TODAY + n * DAY).isoformat() for n in range(6)]
    first = found["days"][0]
    assert (first["weekday"], first["lunar"], first["multiplier"]) == ("Sat", "2/17", 9.0)
    qingming, farm = first["reasons"]
    assert qingming["words"] == "1 d before Qingming x9 (table) [to be confirmed]"
    assert (qingming["source"], qingming["is_confirmed"], qingming["place"]) == ("table", False, None)
    assert (farm["words"], farm["multiplier"]) == ("Spring farm burning [to be confirmed]", None)
    assert found["sources"] == [qingming["basis"]]
    assert [(one["name"], one["words"], one["goes_on"]) for one in found["windows"]] == [
        ("Qingming", "04-04 to 04-15", False),
        ("Spring farm burning", "04-04 to 04-15", False),
        ("First and fifteenth of the lunar month", "04-17", False),
        ("First and fifteenth of the lunar month", "05-01", False),
    ]
    assert qingming["words"] in page
    assert found["notes"] == []


def test_a_low_grade_on_a_day_with_a_reason_says_that_people_light_fires(centre: Centre) -> None:
    with centre.browser() as browser:
        cells = [cell for row in ask(browser, "")["rows"] for cell in row["cells"]]
        page = browser.get("/danger/hengshan?day=2026-04-07&lang=en", headers=HTML).text
    low = [cell for cell in cells if cell["grade"] in (1, 2)]
    assert low
    for cell in low:
        after = date.fromisoformat(cell["day"]).toordinal() - date(2026, 4, 5).toordinal()
        assert cell["people"] == f"{after} d after Qingming, Spring farm burning"
    assert {cell["people"] for cell in cells if cell not in low} == {""}
    assert "Low, but people light fires: 2 d after Qingming, Spring farm burning" in page


def test_what_holds_in_one_place_only_names_it_and_a_season_may_go_on(centre: Centre) -> None:
    season = Between(FirePreventionPeriod(MonthDay(3, 1), MonthDay(12, 1)))
    calendar = IgnitionCalendar(
        "ours",
        (
            Occasion("straw", "烧秸秆", "Straw burning", season, "seen", is_confirmed=True, places=("衡山县",)),
            Occasion("feast", "庙会", "Temple fair", LunarDays((17,)), "seen", is_confirmed=True),
        ),
    )
    with centre.browser(ignition=IgnitionPages(calendar)) as browser:
        found = ask(browser, "/calendar")
    assert [one["words"] for one in found["days"][0]["reasons"]] == ["Temple fair", "Straw burning (only 衡山县)"]
    assert [one["words"] for one in found["days"][1]["reasons"]] == ["Straw burning (only 衡山县)"]
    assert [(one["name"], one["words"], one["goes_on"]) for one in found["windows"]] == [
        ("Temple fair", "04-04", False),
        ("Straw burning (only 衡山县)", "From 04-04, beyond 30 days", True),
        ("Temple fair", "05-03", False),
    ]


def test_a_model_that_is_not_used_is_said_to_be_so(centre: Centre) -> None:
    model = OccurrenceModel(Link.LOG, -4.0, ())
    with centre.browser(ignition=IgnitionPages(load_ignition_calendar(), model)) as browser:
        page = browser.get("/danger?lang=en", headers=HTML).text
    assert "the local model was fitted with another calendar: not used" in page


def test_without_a_calendar_none_is_shown(centre: Centre) -> None:
    with centre.browser(ignition=None) as browser:
        assert browser.get("/api/v1/danger/calendar").status_code == 404
        assert "Human-ignition" not in browser.get("/danger?lang=en", headers=HTML).text
        assert {cell["people"] for row in ask(browser, "")["rows"] for cell in row["cells"]} == {""}


def test_a_day_stands_beside_other_scales_each_with_its_schemes_name(centre: Centre) -> None:
    with centre.browser() as browser:
        opened = ask(browser, "/stations/hengdong")["opened"]
        page = browser.get("/danger/hengdong?lang=en", headers=HTML).text
    (effis,) = opened["beside"]["classes"]
    assert effis["value"] == opened["cell"]["fwi"]
    assert 21.3 <= effis["value"] < 38.0
    assert (effis["scheme"], effis["index"], effis["words"], effis["limits"]) == ("EFFIS", "FWI", "high", "21.3–38")  # noqa: RUF001
    assert not effis["is_unconfirmed"]
    rank = opened["beside"]["rank"]
    assert (rank["rank_pct"], rank["seasons"]) == (None, 0)
    assert rank["words"] == "The record has 0 whole years; a percentile needs 10"
    for words in ("EFFIS", "LY/T 1172-1995", rank["words"], effis["limits"]):
        assert words in page


@pytest.mark.parametrize(("pct", "shown"), [(97.4, "97"), (100.0, ">99")])
def test_a_rank_names_its_years_and_the_highest_is_not_called_all(centre: Centre, pct: float, shown: str) -> None:
    class Ranked:
        def classes(self, rating: DangerRating) -> tuple[IndexClass, ...]:
            assert rating.station_id == "hengshan"
            table = load_class_table("effis")
            assert isinstance(table, ClassTable)
            limits = table.limits_of(DangerIndex.FWI)
            return tuple(IndexClass(table, limits, 3.0, one) for one in (table.classes[0], table.classes[-1]))

        def rank(self, _rating: DangerRating) -> LocalRank:
            return LocalRank(pct, 12, 10, 2014, 2025)

    with centre.browser(classes=Ranked()) as browser:
        beside = ask(browser, "/stations/hengshan")["opened"]["beside"]
    assert beside["rank"]["words"] == f"Higher than {shown} % of the days of 12 whole years, 2014 to 2025"
    assert [one["limits"] for one in beside["classes"]] == ["< 5.2", "≥ 50"]


def test_without_other_scales_the_grade_stands_alone(centre: Centre) -> None:
    with centre.browser(classes=None) as browser:
        assert ask(browser, "/stations/hengshan")["opened"]["beside"] is None
        assert "Beside other scales" not in browser.get("/danger/hengshan?lang=en", headers=HTML).text


def test_the_board_has_tomorrows_highest_grade_by_forecast(centre: Centre) -> None:
    with centre.browser() as browser:
        tomorrow = browser.get("/api/v1/state?lang=en").json()["tomorrow"]
        rows = ask(browser, "")["rows"]
    grades = {row["station"]: row["cells"][1]["grade"] for row in rows if row["station_id"]}
    highest = max(grade for grade in grades.values() if grade)
    assert tomorrow == {
        "day": (TODAY + DAY).isoformat(),
        "grade": highest,
        "station": next(station for station, grade in grades.items() if grade == highest),
        "missing": sum(grade is None for grade in grades.values()),
    }


def test_without_a_forecast_tomorrow_is_no_data_and_never_low(centre: Centre) -> None:
    centre.danger.outlooks._outlooks.clear()
    with centre.browser() as browser:
        tomorrow = browser.get("/api/v1/state?lang=en").json()["tomorrow"]
    assert (tomorrow["grade"], tomorrow["station"], tomorrow["missing"]) == (None, "", 4)
