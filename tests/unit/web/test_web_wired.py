"""The pages as the settings wire them: the centre's name, its hosts, its cookies."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from model_packages import packed, plain_files
from web_centre import serving

from firewatch.bootstrap import build_associator, open_central
from firewatch.config import Secrets, read_config
from firewatch.page_wiring import build_web
from firewatch.services.ports import SightingArrived
from firewatch.testing import SCENE_START, a_message_id, a_sighting

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGS = Path(__file__).parents[3] / "configs"
FILES = f'sites = "{CONFIGS}/sites.geojson"\nroster = "{CONFIGS}/roster.toml"\n'
HTML = {"accept": "text/html"}


@contextlib.contextmanager
def wired(folder: Path, centre: str, web: str = "") -> Iterator[httpx.Client]:
    path = folder / "central.toml"
    path.write_text(f"[centre]\n{FILES}{centre}\n[web]\n{web}\n", encoding="utf-8")
    central = open_central(read_config(path), Secrets(("a secret of the tests",)))
    try:
        with serving(build_web(central)) as address, httpx.Client(base_url=address, timeout=10) as browser:
            yield browser
    finally:
        central.store.close()


def brand(browser: httpx.Client, language: str) -> str:
    page = browser.get(f"/nodes?lang={language}", headers=HTML).text
    found = re.search(r'class="brand">(.+?) <b>', page)
    assert found is not None, page
    return found[1]


@pytest.mark.parametrize(
    ("centre", "chinese", "english"),
    [
        ('name = "衡山应急"\nname_en = "Hengshan Emergency"', "衡山应急", "Hengshan Emergency"),
        ('name = "衡山应急"', "衡山应急", "衡山应急"),
        ('name = "<b>山</b>"', "&lt;b&gt;山&lt;/b&gt;", "&lt;b&gt;山&lt;/b&gt;"),
    ],
)
def test_each_language_has_its_name_of_the_centre(tmp_path: Path, centre: str, chinese: str, english: str) -> None:
    with wired(tmp_path, centre) as browser:
        assert (brand(browser, "zh-CN"), brand(browser, "en")) == (chinese, english)


def test_a_foreign_host_name_is_refused_before_anything_else(tmp_path: Path) -> None:
    with wired(tmp_path, "", 'public_url = "http://fire.example.org"') as browser:
        answers = {
            host: browser.get("/healthz", headers={"host": host}).status_code
            for host in ("fire.example.org", "127.0.0.1", "evil.example.org")
        }
    assert answers == {"fire.example.org": 200, "127.0.0.1": 200, "evil.example.org": 400}


def test_a_towers_page_offers_the_packages_of_the_folder_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    content = packed(plain_files("0.4.0"))
    (tmp_path / "models" / "new.fwmodel").write_bytes(content)
    sites = json.loads((CONFIGS / "sites.geojson").read_text(encoding="utf-8"))
    tower = next(one["properties"]["id"] for one in sites["features"] if one["properties"].get("kind") == "tower")
    with wired(tmp_path, "", f'[enrolment]\nmodels = "{tmp_path / "models"}"\n') as browser:
        page = browser.get(f"/nodes/{tower}?lang=en", headers=HTML).text
        assert f'href="/nodes/{tower}"' in browser.get("/nodes", headers=HTML).text
    assert f'<option value="{hashlib.sha256(content).hexdigest()}">squares 0.4.0' in page
    assert "has not said yet which model it runs" in page


def test_a_sighting_in_the_store_is_located_by_what_the_settings_name(tmp_path: Path) -> None:
    corners = [[111.0, 26.0], [114.0, 26.0], [114.0, 28.0], [111.0, 28.0], [111.0, 26.0]]
    county = {"type": "Polygon", "coordinates": [corners]}
    names = {"name_zh": "岣嵝乡", "name_en": "Goulou"}
    features = [{"type": "Feature", "geometry": county, "properties": names}]
    (tmp_path / "townships.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    path = tmp_path / "central.toml"
    path.write_text(f'[centre]\n{FILES}townships = "townships.geojson"\n', encoding="utf-8")
    central = open_central(read_config(path), Secrets(("a secret of the tests",)))
    try:
        tower = central.sites.towers[0]
        seen = a_sighting(1, tower=tower.tower_id, camera=tower.cameras[0].camera_id)
        central.store.intake_writer.write([SightingArrived(a_message_id(1), seen, SCENE_START)])
        associator = build_associator(central)
        associator.step()
        associator.refresh()
        (incident,) = central.store.incident_log.incidents(open_only=True, limit=9)
        assert incident.fix is None
        assert [one.sent for one in incident.calibrations] == [seen.calibration_id]
        with serving(build_web(central)) as address, httpx.Client(base_url=address, timeout=30) as browser:
            found = browser.get(f"/api/v1/incidents/{incident.incident_id}/whereabouts?lang=en").json()
    finally:
        central.store.close()
    assert found["townships"] == [{"township": "Goulou", "probability": 1.0}]
    assert (found["best"], found["likely_point"], found["is_flat"]) == (None, None, True)
