"""The command centre in a real browser."""

from __future__ import annotations

import gzip
import re
import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from web_centre import Centre, serving

from firewatch.adapters.clock import SystemClock
from firewatch.domain.geo import Position
from firewatch.domain.ids import PersonId
from firewatch.domain.roster import Person, Role
from firewatch.testing import AccountsFake
from firewatch.web.assets import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]


def open_board(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}/{query}")
    page.wait_for_selector(".fact.link.live")


def test_a_new_incident_appears_by_itself_and_is_announced(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    sighting = centre.example.sighting("jiuguan", Position(27.09, 112.8), 20, 0.8)
    open_board(page, address)
    expect(page.locator(".card")).to_have_count(4)
    page.wait_for_timeout(300)
    started = time.monotonic()
    incident_id = centre.board.open(sighting, centre.clock.now())
    page.wait_for_selector(f"#card-{incident_id}")
    # A few tenths of a second where nothing else runs; what must not be is a page that asks every few seconds.
    assert time.monotonic() - started < 3.0
    expect(page.locator("[aria-live=assertive]")).to_contain_text("新火情")


def test_an_empty_queue_proves_that_the_eyes_are_open(page: Page) -> None:
    centre = Centre(clock=SystemClock(), beat_s=4.0)
    with serving(centre.app()) as address:
        open_board(page, address)
        expect(page.locator(".empty")).to_contain_text("暂无待处置火情。")
        expect(page.locator(".empty")).to_contain_text("11/12 台相机在线")
        expect(page.locator(".empty")).to_contain_text("最近一帧")


def test_the_keyboard_alone_confirms(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    open_board(page, address)
    first = page.locator(".card.cursor").get_attribute("id")
    page.keyboard.press("j")
    second = page.locator(".card.cursor").get_attribute("id")
    assert first != second
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator(".detail .title")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("dialog")).to_contain_text("确认为火情")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("已确认火情")
    expect(page.locator(".detail .title .state")).to_have_text("已确认")
    card = centre.board.card(str(first).removeprefix("card-"))  # type: ignore[arg-type]
    assert card is not None
    assert card.incident.state == "CONFIRMED"


def test_the_keyboard_alone_rejects_with_a_reason_and_undo_reopens(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    expect(page.locator(".detail .title h1")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("2")
    expect(page.locator(".toast")).to_contain_text("祭祀用火")
    expect(page.locator(f"#card-{ids[0]}")).to_contain_text("已排除")
    assert centre.board.card(ids[0]).incident.reject_reason == "sacrifice"  # type: ignore[union-attr]
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.locator(f"#card-{ids[0]} .state")).to_have_text("疑似")


def test_escape_leaves_the_question_without_an_answer(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("快捷键")
    assert centre.board.card(ids[0]).incident.state == "SUSPECTED"  # type: ignore[union-attr]


def test_what_somebody_else_decides_is_seen_here(wall: Wall, page: Page, context: BrowserContext) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    other = context.new_page()
    open_board(other, address, f"#{ids[0]}")
    other.keyboard.press("c")
    other.keyboard.press("Enter")
    expect(page.locator(".detail .title .state")).to_have_text("已确认")
    expect(page.locator(".timeline")).to_contain_text("本机值班员 确认火情")


def test_the_player_starts_at_the_best_frame_and_steps(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    expect(page.locator(".at .best")).to_be_visible()
    before = page.locator(".player .at").inner_text()
    page.keyboard.press(".")
    expect(page.locator(".player .at")).not_to_have_text(before)
    page.keyboard.press("z")
    expect(page.locator(".picture rect")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.locator(".controls .play")).to_have_text("暂停")


def test_the_detail_shows_where_why_delivery_and_timeline(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    expect(page.locator(".where")).to_contain_text("高德(GCJ-02)")
    expect(page.locator(".where code").first).to_have_text("27.118000, 112.742000")
    expect(page.locator(".why")).to_contain_text("表B、C、E待核")
    expect(page.locator(".delivery")).to_contain_text("已发 3 · 送达 2 · 接收 0 / 共 3")
    expect(page.locator(".timeline")).to_contain_text("南岳塔 首次发现烟")


def test_a_point_can_be_copied(wall: Wall, page: Page, context: BrowserContext) -> None:
    _, ids, address = wall
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_board(page, address, f"#{ids[0]}")
    page.get_by_role("button", name="复制 WGS-84").click()
    expect(page.locator(".where button").first).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "27.118000, 112.742000"


def test_the_map_draws_without_the_internet(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    page.wait_for_selector(".map[data-ready=yes]", timeout=60_000)
    page.wait_for_timeout(800)
    shot = page.locator(".map canvas").screenshot()
    assert len(shot) > 15_000


def test_the_map_has_a_twin_that_reads_the_same(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address)
    page.get_by_role("button", name="列表").click()
    expect(page.locator(".maplist")).to_contain_text("27.11800, 112.74200")
    expect(page.locator(".maplist")).to_contain_text("缺测")
    page.locator(".maplist button").first.click()
    expect(page.locator(".detail .title h1")).to_be_visible()
    assert ids


def test_a_lost_connection_is_said_and_what_was_missed_comes_back(page: Page) -> None:
    centre = Centre(clock=SystemClock(), beat_s=4.0)
    sighting = centre.example.sighting("jiuguan", Position(27.09, 112.8), 20, 0.8)
    first = serving(centre.app())
    address = first.__enter__()
    open_board(page, address)
    port = int(address.rpartition(":")[2])
    first.__exit__(None, None, None)
    expect(page.locator(".fact.link")).to_have_text("链路 中断")
    expect(page.locator(".banner.amber:not(.blind)")).to_contain_text("连接中断", timeout=15_000)
    centre.board.open(sighting, centre.clock.now())
    with serving(centre.app(), port):
        page.locator(".banner:not(.blind) button").click()
        expect(page.locator(".fact.link")).to_have_text("链路 实时")
        expect(page.locator(".banner:not(.blind)")).to_have_count(0)
        expect(page.locator(".card")).to_have_count(1)


def test_a_minute_of_silence_is_red(wall: Wall, page: Page) -> None:
    _, _, address = wall
    page.clock.install()
    open_board(page, address)
    page.route("**/api/v1/events*", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.clock.run_for(61_000)
    expect(page.locator(".banner.red[role=alert]")).to_contain_text("连接中断")


def test_both_languages_are_whole(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"?lang=en#{ids[0]}")
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator(".detail .title .state")).to_have_text("Suspected")
    text = page.locator("body").inner_text()
    assert not [word for word in ("待处置", "依据", "火险", "确认") if word in text]
    page.goto(f"{address}/")
    expect(page.locator(".queue h2").first).to_contain_text("Waiting")


def test_simulated_sites_are_named_so(wall: Wall, page: Page) -> None:
    open_board(page, wall[2])
    expect(page.locator(".drill")).to_contain_text("示意数据")


def test_a_narrow_screen_shows_everything_without_sideways_scrolling(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    page.set_viewport_size({"width": 390, "height": 844})
    open_board(page, address, f"#{ids[0]}")
    expect(page.locator(".detail .actions .confirm")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_control_has_a_name_and_every_picture_a_text(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    page.wait_for_selector(".player .picture img")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input:not([type=hidden])")]
            .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.title
                || [...(one.labels ?? [])].some((label) => label.textContent.trim())))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("img:not([alt])").count() == 0


def test_the_page_stays_within_its_weight() -> None:
    weights = {
        path.name: len(gzip.compress(path.read_bytes())) / 1000
        for path in (STATIC / "assets").iterdir()
        if path.suffix in {".js", ".css"}
    }
    own = sum(weight for name, weight in weights.items() if not name.startswith("maplibre"))
    assert 5 < own <= 60
    assert own < sum(weights.values()) <= 380


def test_every_danger_grade_names_its_scale(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"?lang=en#{ids[0]}")
    expect(page.locator(f"#card-{ids[0]} .grade")).to_have_text("Danger 4 High")
    page.get_by_role("button", name="List").click()
    for place in (".detail .grade", ".maplist .grade"):
        expect(page.locator(place).first).to_be_visible()
    grades = page.locator(".card .grade, .detail .grade, .maplist .grade").all_inner_texts()
    assert len(grades) > 8
    assert [words for words in grades if not words.startswith("Danger ")] == []


def test_a_station_without_a_rating_is_counted_beside_the_highest(wall: Wall, page: Page) -> None:
    open_board(page, wall[2])
    expect(page.locator(".bar")).to_contain_text("1 站缺测")


def test_enter_after_r_dismisses_nothing(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    assert centre.board.card(ids[0]).incident.state == "SUSPECTED"  # type: ignore[union-attr]


def test_escape_closes_the_incident_and_the_keys_go_on_from_there(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[1]}")
    expect(page.locator(".detail .title h1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".detail .nothing")).to_be_visible()
    assert "#" not in page.url
    page.keyboard.press("Enter")
    expect(page.locator(f"#card-{ids[1]}.open")).to_be_visible()


def test_the_timeline_shows_people_and_towers_first(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    expect(page.locator(".timeline")).to_contain_text("通知发出")
    expect(page.locator(".timeline")).not_to_contain_text("已定位")
    page.locator(".timeline .findings").click()
    expect(page.locator(".timeline")).to_contain_text("已定位")


def test_sound_reads_as_on_only_once_the_browser_lets_it(wall: Wall, page: Page) -> None:
    open_board(page, wall[2])
    expect(page.locator(".tools .blocked")).to_have_text(re.compile("声音被拦截"))
    page.locator(".tools .blocked").click()
    expect(page.get_by_role("button", name="声音开")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".tools .blocked")).to_have_count(0)


def test_the_tab_counts_those_that_wait(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    open_board(page, address, f"#{ids[0]}")
    expect(page).to_have_title("(2) 衡阳森林火情")
    page.keyboard.press("c")
    page.keyboard.press("Enter")
    expect(page).to_have_title("(1) 衡阳森林火情")


def test_an_incident_that_only_the_board_brings_is_announced(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    sighting = centre.example.sighting("jiuguan", Position(27.09, 112.8), 20, 0.8)
    page.clock.install()
    page.route("**/api/v1/events*", lambda route: route.abort())
    page.goto(f"{address}/")
    expect(page.locator(".card")).to_have_count(4)
    expect(page.locator("[aria-live=assertive]")).to_be_empty()
    centre.board.open(sighting, centre.clock.now())
    page.clock.run_for(61_000)
    expect(page.locator(".card")).to_have_count(5)
    expect(page.locator("[aria-live=assertive]")).to_contain_text("新火情")


def test_an_ended_log_in_is_said_loudly_and_the_board_stays(page: Page) -> None:
    officer = Person(PersonId("chen"), "陈值班", Role.OFFICER)
    centre = Centre(clock=SystemClock(), beat_s=0.5, accounts=AccountsFake({"chen": (officer, "right")}))
    centre.example.quarter_of_an_hour()
    with serving(centre.app()) as address:
        page.goto(f"{address}/")
        page.fill("[name=name]", "chen")
        page.fill("[name=password]", "right")
        page.locator("button.go").click()
        page.wait_for_selector(".fact.link.live")
        page.context.clear_cookies(name="fw_session")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator(".banner.red[role=alert]")).to_contain_text("登录已到期")
        expect(page.locator(".card")).to_have_count(4)
        page.get_by_role("link", name="重新登录").click()
        expect(page.locator("[name=password]")).to_be_visible()


def test_a_picture_that_does_not_come_leaves_the_words_and_the_buttons(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    page.route("**/api/v1/evidence/*", lambda route: route.abort())
    open_board(page, address, f"#{ids[0]}")
    expect(page.locator(".player .missing")).to_contain_text("文字信息有效")
    expect(page.locator(f"#card-{ids[0]} .noimage")).to_have_text("无图")
    expect(page.locator(".detail .actions .confirm")).to_be_enabled()


def test_what_was_yesterday_says_its_day(page: Page) -> None:
    centre = Centre(clock=SystemClock(), beat_s=4.0)
    old = centre.example.incident(Position(27.118, 112.742), ("nanyue", "jiuguan"), 26 * 3600)
    centre.example.incident(Position(26.93, 112.38), ("yumu",), 75, 0.62)
    with serving(centre.app()) as address:
        open_board(page, address, f"#{old}")
        opened = centre.board.card(old).incident.opened_at  # type: ignore[union-attr]
        local = opened.astimezone(ZoneInfo("Asia/Shanghai"))
        expect(page.locator(".detail .title small")).to_contain_text(f"{local:%m-%d %H:%M:%S}")


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_nothing_is_wider_than_the_screen_and_every_target_is_big_enough(
    wall: Wall, page: Page, width: int, lang: str
) -> None:
    _, ids, address = wall
    page.set_viewport_size({"width": width, "height": 720})
    open_board(page, address, f"?lang={lang}#{ids[0]}")
    page.wait_for_selector(".player .picture img")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    least = 44 if width <= 820 else 24
    small = page.evaluate(
        """(least) => [...document.querySelectorAll("button, nav a[href], summary")]
            .filter((one) => one.offsetParent && !one.closest(".maplibregl-map"))
            .map((one) => [one.textContent, one.getBoundingClientRect()])
            .filter(([, box]) => box.height < least || box.width < 24)
            .map(([words, box]) => `${words}: ${box.width} x ${box.height}`)""",
        least,
    )
    assert small == []


def test_the_count_of_open_eyes_leads_to_the_blind_one(wall: Wall, page: Page) -> None:
    open_board(page, wall[2])
    page.get_by_role("link", name="眼睛在线 11/12").click()
    expect(page.locator("tr").filter(has_text="无新画面").last).to_contain_text("c2")
