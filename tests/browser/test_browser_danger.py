"""The danger pages in a real browser: read at a glance, at a desk and on a phone, and fresh by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from legible import FAINT
from playwright.sync_api import expect
from web_centre import serving

from firewatch.adapters.surface_picture import surface_png
from firewatch.danger.surface_grid import ClassLimits, SurfaceAxes, SurfaceGrid
from firewatch.domain.geo import Position
from firewatch.services.danger_views import DangerSurface

if TYPE_CHECKING:
    from datetime import date, datetime

    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

GREY = "rgb(228, 233, 236)"
SMALL = """(least) => [...document.querySelectorAll("main a, main summary, main button")].filter((one) => {
  const box = one.getBoundingClientRect();
  return one.checkVisibility() && (box.height < least || box.width < least);
}).map((one) => one.textContent.trim())"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def cells(page: Page, unit: str) -> list[str]:
    row = page.locator("tr", has=page.locator(".unit", has_text=unit))
    return [" ".join(text.split()) for text in row.locator(".grade").all_inner_texts()]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_everything_fits_stands_out_and_can_be_hit(wall: Wall, page: Page, width: int, lang: str) -> None:
    page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 844})
    for path in ("/danger", "/danger/hengshan", "/danger/hengnan", "/danger/xidu"):
        page.goto(f"{wall[2]}{path}?lang={lang}")
        assert not page.evaluate(WIDER), path
        assert page.evaluate(FAINT) == [], path
        assert page.evaluate(SMALL, 24 if width > 1000 else 44) == [], path


@pytest.mark.parametrize("width", [1440, 390])
def test_grades_have_number_and_word_and_no_data_is_grey(wall: Wall, page: Page, width: int) -> None:
    centre, _, address = wall
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/danger?lang=en")
    table = centre.danger.pages.dangers(centre.danger.today.date(), centre.danger.today.date(), centre.clock.now())
    expected, _ = table[0].on(centre.danger.today.date())
    assert expected is not None
    assert expected.grade is not None
    assert cells(page, "Hengshan")[0].startswith(f"{expected.grade.value} ")
    shown = 6 if width > 1000 else 1
    assert cells(page, "Changning")[:shown] == ["No data"] * shown
    for grade in page.locator("tbody .gnone:visible").all():
        assert grade.evaluate("one => getComputedStyle(one).backgroundColor") == GREY
        assert grade.evaluate("one => getComputedStyle(one).borderTopStyle") == "dashed"
    for number in range(1, 6):
        pattern = page.locator(f".legend .g{number}").evaluate("one => getComputedStyle(one, '::before').background")
        assert number == 1 or "gradient" in pattern


def test_both_languages_say_the_same_grades(wall: Wall, page: Page) -> None:
    page.goto(f"{wall[2]}/danger?lang=en")
    english = [text[0] for text in cells(page, "Hengdong")]
    page.goto(f"{wall[2]}/danger?lang=zh-CN")
    assert [text[0] for text in cells(page, "衡东县")] == english
    expect(page.locator("caption")).to_have_text("森林火险气象等级")


def test_from_the_table_to_a_day_and_its_parts_by_keyboard(wall: Wall, page: Page) -> None:
    page.goto(f"{wall[2]}/?lang=en")
    page.wait_for_selector(".queue")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/danger")
    page.get_by_role("link", name="Hengshan", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/danger/hengshan")
    expect(page.locator(".parts .total")).to_contain_text("HTZ = A + B + C + D − E")  # noqa: RUF001
    page.locator(".days a").nth(5).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".doubts")).to_contain_text("31 % for 14 hours; at most 6")
    expect(page.locator(".days a").nth(5)).to_have_attribute("aria-current", "date")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_selector(".queue")


def test_a_new_rating_appears_without_a_reload(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    page.goto(f"{address}/danger?lang=en")
    assert cells(page, "Hengyang County")[0] == "No data"
    page.evaluate("window.stayed = true")
    link = page.get_by_role("link", name="Xidu")
    link.focus()
    centre.danger.send(replace(centre.danger.reading("xidu", 0, 3.0)))
    centre.danger.keeper.step()
    expect(page.locator("tr", has_text="Hengyang County").locator(".grade").first).not_to_have_text("No data")
    assert page.evaluate("window.stayed")
    expect(link).to_be_focused()


def test_a_new_smoke_is_told_on_the_danger_page_too(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    page.goto(f"{address}/danger?lang=en")
    smoke = page.locator("[data-smoke]")
    expect(smoke).to_be_hidden()
    page.wait_for_timeout(300)
    centre.example.incident(Position(27.1, 112.8), ("nanyue",), 20, 0.8)
    expect(smoke).to_be_visible()
    smoke.get_by_role("link").click()
    page.wait_for_selector(".queue")


def test_a_lost_connection_is_said(wall: Wall, page: Page) -> None:
    page.clock.install()
    page.goto(f"{wall[2]}/danger?lang=en")
    expect(page.locator("[data-live]")).to_be_hidden()
    page.route("**/api/v1/events**", lambda route: route.abort())
    page.clock.fast_forward(15_000)
    expect(page.locator("[data-live]")).to_contain_text("may be old")


def test_the_table_is_a_table_for_a_reader_of_screens_on_a_phone(wall: Wall, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{wall[2]}/danger?lang=en")
    expect(page.get_by_role("table", name="Forest fire danger grade")).to_have_count(1)
    expect(page.get_by_role("rowheader", name="Hengdong")).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Tomorrow")).to_have_count(1)


class OneCell:
    """Fulfils `SurfaceBoard`: all low but the cell of one place, which is extreme; cells are half a kilometre wide."""

    def __init__(self, place: Position) -> None:
        axes = SurfaceAxes.of_box(place.lon_deg - 0.6025, 26.4475, place.lon_deg + 0.6025, 27.7075, 0.005)
        values = np.full(axes.shape, 10.0)
        row, column = (int(np.abs(axis - at).argmin()) for axis, at in self.near(axes, place))
        assert abs(axes.lat_deg[row] - place.lat_deg) < 1e-9
        values[row, column] = 95.0
        limits = ClassLimits((25.0, 50.0, 72.0, 90.0))
        none = np.zeros((5, *axes.shape))
        self.grid = SurfaceGrid("htz", axes, values, values, limits.classes_of(values), none, limits, stations=1)

    @staticmethod
    def near(axes: SurfaceAxes, place: Position) -> tuple[tuple[np.ndarray, float], ...]:  # type: ignore[type-arg]
        return (axes.lat_deg, place.lat_deg), (axes.lon_deg, place.lon_deg)

    def surface(self, day: date, _at: datetime) -> DangerSurface:
        return DangerSurface(day, self.grid, 0, surface_png(self.grid, 8), b"{}")


def test_the_surface_lies_on_the_map_where_its_places_are(wall: Wall, page: Page) -> None:
    """Rows even in latitude, not in Mercator's y, would lie 0.4 km off here: seven pixels."""
    place = next(one for one in wall[0].danger.sites.stations if one.station_id == "hengdong").position
    with serving(wall[0].app(surface=OneCell(place))) as address:
        page.goto(f"{address}/?lang=en")
        page.wait_for_selector(".map[data-ready]")
        for name in ("View cones", "Danger", "Bearings", "Danger surface"):
            page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(".surfacekey")).to_contain_text("5 Extreme")
        page.wait_for_timeout(1000)
        at = page.evaluate(
            """([lon, lat]) => { const box = document.querySelector(".map"), map = box.glmap;
            map.jumpTo({center: [lon - 0.06, lat - 0.05], zoom: 11});
            const p = map.project([lon, lat]), r = box.getBoundingClientRect();
            return [p.x + r.x, p.y + r.y]; }""",
            [place.lon_deg, place.lat_deg],
        )
        page.wait_for_timeout(1500)
        shot = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR).astype(int)
    x, y = (round(value) for value in at)
    window = shot[y - 40 : y + 40, x - 40 : x + 40]
    rows, columns = np.nonzero(window[:, :, 2] > window[:, :, 1] + 40)
    assert rows.size > 20
    assert abs(rows.mean() - 40 + y - at[1]) < 1.5
    assert abs(columns.mean() - 40 + x - at[0]) < 1.5


def test_the_surface_is_off_until_asked_for_and_follows_the_ratings(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "surface" in request.url else None)
    page.goto(f"{address}/?lang=en")
    page.wait_for_selector(".map[data-ready]")
    assert asked == []
    switch = page.get_by_role("button", name="Danger surface")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    expect(page.locator(".surfacekey")).to_contain_text("from 2 stations")
    centre.danger.send(centre.danger.reading("xidu", 0, 3.0))
    centre.danger.keeper.step()
    expect(page.locator(".surfacekey")).to_contain_text("from 3 stations")
    switch.click()
    expect(page.locator(".surfacekey")).to_have_count(0)


def test_the_boards_head_tells_tomorrows_grade(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    page.goto(f"{address}/?lang=en")
    tomorrow = page.request.get(f"{address}/api/v1/state?lang=en").json()["tomorrow"]
    assert tomorrow["grade"] is not None
    head = page.locator(".fact.ahead")
    expect(head).to_contain_text("Tomorrow")
    expect(head.locator(".grade")).to_contain_text(str(tomorrow["grade"]))
    centre.danger.outlooks._outlooks.clear()
    page.reload()
    expect(head.locator(".grade")).to_contain_text("No data")


def test_the_danger_page_needs_no_script(wall: Wall, chromium) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{wall[2]}/danger/hengshan?lang=en")
    expect(page.locator(".charts svg")).to_have_count(6)
    page.goto(f"{wall[2]}/danger?lang=en")
    address = page.locator(".mapped image").get_attribute("href")
    assert page.request.get(f"{wall[2]}{address}").body().startswith(b"\x89PNG")
    context.close()
