"""Which tower is best asked to look: on the board and on the page of looks, with what hides the smoke from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from legible import FAINT
from playwright.sync_api import expect
from web_centre import Centre, serving

from firewatch.adapters.clock import SystemClock
from firewatch.domain.geo import Position
from firewatch.domain.ids import PoseId
from firewatch.domain.sites import SiteMap
from firewatch.fusion import Ground
from firewatch.geodesy import LocalPlane, direct
from firewatch.services.command_ports import CommandsWanted
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height
from firewatch.terrain.visible import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

    from firewatch.domain.ids import IncidentId
    from firewatch.domain.sites import Camera, Tower

pytestmark = [pytest.mark.browser]

SMOKE = Position(27.12, 112.74)
CELL_M, HALF = 100.0, 250


def hills(towers: Sequence[Tower]) -> Ground:
    """Return a plain with a ridge of 250 m south of the smoke, and what each tower sees of it."""
    plane = LocalPlane(SMOKE)
    heights = np.full((2 * HALF + 1, 2 * HALF + 1), 100.0, np.float32)
    heights[HALF + 15 : HALF + 19, HALF - 60 : HALF + 60] = 350.0
    grid = TerrainGrid(plane, -HALF * CELL_M, HALF * CELL_M, CELL_M, heights)
    seen = {
        tower.tower_id: least_visible_height(
            grid, AboveGround.at(plane, tower.position, tower.mast_m), engine=Engine.NUMPY
        )
        for tower in towers
    }
    return Ground(grid, seen)


def turning(camera: Camera) -> Camera:
    pose = camera.poses[0]
    return replace(
        camera,
        poses=tuple(
            replace(pose, pose_id=PoseId(f"to{at}"), calibration=replace(pose.calibration, azimuth_deg=float(at)))
            for at in range(0, 360, 45)
        ),
    )


@pytest.fixture
def ridge() -> Iterator[tuple[Centre, IncidentId, str]]:
    """Return a served centre with a smoke that two towers see, a third behind a ridge and a fourth in plain sight."""
    centre = Centre(clock=SystemClock(), beat_s=4.0)
    example = centre.example
    nanyue, jiuguan, yumu, qifeng = example.sites.towers
    behind = replace(yumu, position=direct(SMOKE, 180.0, 5_000.0), cameras=(turning(yumu.cameras[0]),))
    plain = replace(qifeng, position=direct(SMOKE, 60.0, 9_000.0), cameras=(turning(qifeng.cameras[0]),))
    incident_id = example.incident(SMOKE, ("nanyue", "jiuguan"), 60)
    sites = SiteMap((nanyue, jiuguan, behind, plain), example.sites.stations, is_illustrative=True)
    example.board._sites = sites
    ground = hills((behind, plain))
    with serving(centre.app(ground=lambda _towers: ground)) as address:
        yield centre, incident_id, address


@pytest.mark.parametrize("width", [1440, 390])
def test_a_tower_behind_a_ridge_is_listed_after_one_in_plain_sight_with_how_high_smoke_must_rise(
    ridge: tuple[Centre, IncidentId, str], page: Page, width: int
) -> None:
    centre, incident_id, address = ridge
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/#{incident_id}")
    listed = page.locator(".where .towerlooks li")
    expect(listed).to_have_count(2)
    expect(listed.nth(0)).to_contain_text("直视可见")
    expect(listed.nth(1)).to_contain_text("雨母塔")
    expect(listed.nth(1)).to_contain_text("米才可见")
    page.goto(f"{address}/incidents/{incident_id}/look")
    rows = page.locator("section.camera")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator(".sight.plain")).to_contain_text("直视可见")
    expect(rows.nth(1).locator(".sight.hidden")).to_contain_text("烟须升高约")
    assert page.evaluate(FAINT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    rows.nth(0).get_by_role("button", name="转去看").click()
    expect(page.locator("#commands li")).to_have_count(1)
    assert centre.commands.latest(CommandsWanted(), 1)[0].command.tower_id == "qifeng"
