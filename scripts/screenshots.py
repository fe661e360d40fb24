"""Takes the documentation's pictures of both pages from a running demo: waits until two towers see its fire.

Run it where Chromium is installed: ``python scripts/screenshots.py [--seed N] [--wait-s S] [--out docs/images]``.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
SIZES = ((1440, 900), (390, 844))
PORT = 18_080


def main() -> int:
    """Start the demo, wait, take the pictures, end the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wait-s", type=float, default=420.0)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    command = ["firewatch", "demo", "--port", str(PORT), "--seed", str(asked.seed)]
    log = asked.out / "demo.log"
    with log.open("w") as told:
        demo = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)  # noqa: S603 - our own program
    try:
        wait_for_fire(f"http://127.0.0.1:{PORT}", time.monotonic() + asked.wait_s)
        link = re.findall(r"http://\S+/a/\S+", log.read_text("utf-8"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            take(browser, f"http://127.0.0.1:{PORT}", link[-1] if link else None, asked.out)
            browser.close()
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
        log.unlink()
    return 0


def wait_for_fire(address: str, until: float) -> None:
    """Return when two towers see the fire; when the time is over, when one does."""
    while True:
        incidents = state(address).get("incidents", [])
        if any(len(incident["towers"]) > 1 for incident in incidents):
            time.sleep(15)  # the next frames and the phones
            return
        if time.monotonic() > until:
            if not incidents:
                sys.exit("no tower saw the fire in time")
            return
        time.sleep(3)


def state(address: str) -> dict[str, Any]:
    """Return the board; nothing while the centre is starting."""
    try:
        with urllib.request.urlopen(f"{address}/api/v1/state", timeout=10) as answer:  # noqa: S310 - our own address
            board: dict[str, Any] = json.load(answer)
            return board
    except (urllib.error.URLError, TimeoutError):
        return {}


def take(browser: Browser, address: str, link: str | None, out: Path) -> None:
    """Take each page at each size."""
    for width, height in SIZES:
        page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
        page.set_default_timeout(60_000)
        page.goto(address)
        page.locator(".card button").first.click()
        page.wait_for_selector(".map[data-ready]")
        page.wait_for_selector(".player .picture")
        page.wait_for_timeout(2500)
        page.screenshot(path=out / f"command-centre-{width}x{height}.png")
        zoom = page.get_by_role("button", name="放大查看")
        if width == SIZES[0][0] and zoom.count():
            # To where it may be and where it may spread to.
            zoom.last.click()
            page.wait_for_timeout(4000)
            page.screenshot(path=out / f"command-centre-zoomed-{width}x{height}.png")
        if link is not None:
            page.goto(link)
            page.wait_for_timeout(500)
            page.screenshot(path=out / f"phone-{width}x{height}.png")
        page.close()


if __name__ == "__main__":
    sys.exit(main())
