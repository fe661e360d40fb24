"""A real browser at a real server over the example board, on the wall clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from web_centre import Centre, serving

from firewatch.adapters.clock import SystemClock
from firewatch.web.assets import built_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from firewatch.domain.ids import IncidentId

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The map needs WebGL, drawn here by the processor.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return Debian's Chromium; skip where it is missing."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    if built_files() is None:
        pytest.fail("the page is not built: uv sync --reinstall-package firewatch")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def wall() -> Iterator[tuple[Centre, list[IncidentId], str]]:
    """Return a served centre with four incidents: two waiting, one confirmed, one dismissed; and its address."""
    centre = Centre(clock=SystemClock(), beat_s=4.0)
    ids = centre.example.quarter_of_an_hour()
    with serving(centre.app()) as address:
        yield centre, ids, address


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a fresh browser profile; the page must never ask anything of the outside."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    outside = [url for url in asked if not url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:"))]
    assert outside == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Return a page that must not raise an error."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text)
            if message.type == "error" and "Content Security Policy" in message.text
            else None
        ),
    )
    yield page
    assert errors == []
