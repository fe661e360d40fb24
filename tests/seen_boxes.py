"""Cameras on three hills in a plain, and the boxes in which they see a fire on it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace as replace_struct
from node_states import a_camera, a_node
from sight_lines import PLANE, angle_to, place

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.mounting import AngleErrors
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Tower
from firewatch.domain.vision import Box, Look, Sighting
from firewatch.fusion import Ground
from firewatch.geodesy import inverse
from firewatch.terrain import TerrainGrid
from firewatch.testing import SCENE_START, a_sighting, a_stamp

if TYPE_CHECKING:
    from firewatch.services.ports import VitalsArrived

WIDTH_PX, HEIGHT_PX = 1920, 1080
MEASURED = AngleErrors(0.05, 0.05)
# East and north of the middle of the plain [m].
WEST, SOUTH, NORTH = (-6_000.0, 0.0), (-3_000.0, -4_000.0), (-2_000.0, 5_000.0)
FIRE = (3_000.0, 500.0)
MAST_M = 30.0


def _plain_with_hills(half_m: float = 15_000.0, cell_m: float = 50.0) -> TerrainGrid:
    side = np.arange(-half_m, half_m + cell_m, cell_m)
    east, north = np.meshgrid(side, side[::-1])
    heights = np.full(east.shape, 100.0)
    for at in (WEST, SOUTH, NORTH):
        heights += 400.0 * np.exp(-0.5 * ((east - at[0]) ** 2 + (north - at[1]) ** 2) / 500.0**2)
    return TerrainGrid(PLANE, -half_m, half_m, cell_m, heights.astype(np.float32))


GROUND = _plain_with_hills()


def height_m(at: tuple[float, float], grid: TerrainGrid = GROUND) -> float:
    return float(grid.height_at(np.float64(at[0]), np.float64(at[1]))) + MAST_M


def tower(
    name: str,
    at: tuple[float, float],
    towards: tuple[float, float] = FIRE,
    *,
    errors: AngleErrors | None = MEASURED,
    is_surveyed: bool = False,
    tilt_deg: float = -2.0,
) -> Tower:
    """Return a tower with one camera that looks at a place, 10 degrees beside it."""
    where = place(*at)
    azimuth_deg = wrap_deg(inverse(where, place(*towards)).azimuth_deg + 10.0)
    look = Calibration("survey-1", azimuth_deg, tilt_deg, 62.0, 0.2, errors=errors)
    camera = Camera(CameraId("north"), (Pose(PoseId("fixed"), look),), 15_000.0)
    position = Position(where.lat_deg, where.lon_deg, height_m(at) if is_surveyed else None)
    return Tower(TowerId(name), Name(name, name), position, (camera,), mast_m=MAST_M)


A_TOWER = tower("a", WEST)


def seen(number: int, by: Tower, fire: tuple[float, float] = FIRE, *, off_deg: float = 0.0) -> Sighting:
    """Return what a tower sees of a fire on the plain: its bearing, and a box that stands on the ground there."""
    (pose,) = by.cameras[0].poses
    at = GROUND.plane.project(by.position)
    azimuth_deg = wrap_deg(inverse(by.position, place(*fire)).azimuth_deg + off_deg)
    here = (at.east_m, at.north_m)
    elevation_deg = angle_to(GROUND, here, height_m(here), fire)
    (x, y) = pose.calibration.pixels(np.array([azimuth_deg]), np.array([elevation_deg]), WIDTH_PX, HEIGHT_PX)[0]
    box = Box(float(x) - 12.0, float(y) - 30.0, float(x) + 12.0, float(y))
    sighting = a_sighting(number, tower=by.tower_id)
    stamp = replace(a_stamp(sighting.observed_at), width_px=WIDTH_PX, height_px=HEIGHT_PX)
    return replace(sighting, looks=(Look(stamp, box, 0.8),), bearing=Bearing(azimuth_deg, 0.2))


def lasting(sighting: Sighting, minutes: float) -> Sighting:
    return replace(sighting, observed_at=sighting.first_seen_at + timedelta(minutes=minutes))


def with_box(sighting: Sighting, box: Box) -> Sighting:
    return replace(sighting, looks=(replace(sighting.looks[-1], box=box),))


def sites(*towers: Tower) -> SiteMap:
    return SiteMap(towers, ())


def open_ground(*towers: Tower) -> Ground:
    """Return the hills and the plain, all of which every tower sees."""
    return Ground(GROUND, {one.tower_id: np.zeros(GROUND.shape, np.float32) for one in towers})


def metres(at: Position, fire: tuple[float, float] = FIRE) -> float:
    on_plane = GROUND.plane.project(at)
    return math.dist((on_plane.east_m, on_plane.north_m), fire)


def looking(by: Tower, minutes: int = 30, *, from_minute: int = -5, **told: Any) -> list[VitalsArrived]:
    """Return the vitals of a tower whose camera sees, twice a minute from before the fire on."""
    camera = replace_struct(a_camera(at=SCENE_START, **told), camera_id=by.cameras[0].camera_id)
    found = []
    for half in range(2 * minutes):
        at = SCENE_START + timedelta(minutes=from_minute, seconds=30 * half)
        vitals = a_node(by.tower_id, camera, at=at, heard_ago_s=0.0).vitals
        assert vitals is not None
        found.append(vitals)
    return found
