"""What was clicked in a picture, and in which direction it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_finite, require_line
from firewatch.domain.geo import Position
from firewatch.domain.sun import sun_direction
from firewatch.errors import CalibrationError
from firewatch.geodesy import direct, inverse
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.mounting import Mount

__all__ = ["Click", "Landmark", "click_on_place", "click_on_sun", "eye_of"]

_WHAT = "landmarks"
# Nearer than this a map's error and the mast's own size are degrees.
_NEAREST_M = 50.0
# The sun is half a degree wide; its glare hides where its middle is.
_SUN_SIGMA_DEG = 0.05
# Where the air lifts it by more than it is known to.
_LOWEST_SUN_DEG = 2.0
_LOW_SUN_SIGMA_DEG = 0.2


@dataclass(frozen=True, slots=True)
class Landmark:
    """Something narrow at a known place, clicked in a picture.

    Parameters
    ----------
    name : str
        For people.
    place : Position
        Where it stands; its elevation is that of the point clicked. Without one only its azimuth is used.
    x_px, y_px : float
        The click, from the picture's top-left corner [px].
    click_sigma_px : float
        Standard deviation of the click, each way, 0.05 to 100 [px].
    place_sigma_m : float
        Standard deviation of the place, each way, 0 to 1000 [m].
    """

    name: str
    place: Position
    x_px: float
    y_px: float
    click_sigma_px: float = 1.0
    place_sigma_m: float = 5.0

    def __post_init__(self) -> None:
        require_between(f"sigma of the place of {self.name} (m)", self.place_sigma_m, 0.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Click:
    """A place in a picture, and the direction in which what is there really stands.

    Parameters
    ----------
    name : str
        For people, 1 to 80 characters.
    azimuth_deg : float
        True azimuth [deg].
    elevation_deg : float or None
        Above the level through the camera, -90 to 90 [deg]; None where it is not known.
    x_px, y_px : float
        From the picture's top-left corner [px].
    click_sigma_px : float
        Standard deviation of the click, each way, 0.05 to 100 [px].
    direction_sigma_deg : float
        Standard deviation of the direction, each way, 0 to 45 [deg].
    """

    name: str
    azimuth_deg: float
    elevation_deg: float | None
    x_px: float
    y_px: float
    click_sigma_px: float = 1.0
    direction_sigma_deg: float = 0.0

    def __post_init__(self) -> None:
        require_line("landmark's name", self.name, 80)
        require_finite(f"azimuth of {self.name} (deg)", self.azimuth_deg)
        require_finite(f"x of {self.name} (px)", self.x_px)
        require_finite(f"y of {self.name} (px)", self.y_px)
        require_between(f"sigma of the click on {self.name} (px)", self.click_sigma_px, 0.05, 100.0)
        require_between(f"sigma of the direction of {self.name} (deg)", self.direction_sigma_deg, 0.0, 45.0)
        if self.elevation_deg is not None:
            require_between(f"elevation of {self.name} (deg)", self.elevation_deg, -90.0, 90.0)


def eye_of(tower: Position, mount: Mount | None) -> Position:
    """Return where a camera is: its tower's position, moved and raised by its mount."""
    if mount is None:
        return tower
    azimuth_deg = math.degrees(math.atan2(mount.east_m, mount.north_m))
    moved = direct(tower, azimuth_deg, math.hypot(mount.east_m, mount.north_m))
    elevation = None if tower.elevation_m is None else tower.elevation_m + mount.up_m
    return Position(moved.lat_deg, moved.lon_deg, elevation)


def click_on_place(eye: Position, landmark: Landmark) -> Click:
    """Return the direction of a landmark.

    Parameters
    ----------
    eye : Position
        The camera. Without its height only azimuths are used.
    landmark : Landmark
        Its place and the click.

    Returns
    -------
    Click
        Azimuth along the geodesic; elevation over an earth as round as light over it: in 10 km a place sinks by 7 m.

    Raises
    ------
    CalibrationError
        If the landmark is nearer than 50 m: its direction depends on where exactly the camera hangs.
    """
    leg = inverse(eye, landmark.place)
    if leg.distance_m < _NEAREST_M:
        why = f"{landmark.name} is {leg.distance_m:.0f} m away, nearer than {_NEAREST_M:g} m"
        raise CalibrationError(_WHAT, why, "take one that is farther, or correct its place")
    elevation_deg = None
    if eye.elevation_m is not None and landmark.place.elevation_m is not None:
        rise_m = landmark.place.elevation_m - eye.elevation_m - float(drop_m(leg.distance_m))
        elevation_deg = math.degrees(math.atan2(rise_m, leg.distance_m))
    return Click(
        landmark.name,
        leg.azimuth_deg,
        elevation_deg,
        landmark.x_px,
        landmark.y_px,
        landmark.click_sigma_px,
        math.degrees(math.atan2(landmark.place_sigma_m, leg.distance_m)),
    )


def click_on_sun(eye: Position, at: datetime, x_px: float, y_px: float, click_sigma_px: float = 1.0) -> Click:
    """Return the direction of the sun's middle at an instant.

    Parameters
    ----------
    eye : Position
        The camera.
    at : datetime
        UTC. The sun moves by a degree in four minutes: a clock that is wrong by ten seconds turns the camera by 0.04.
    x_px, y_px, click_sigma_px : float
        The click [px].

    Raises
    ------
    CalibrationError
        If the sun is below the horizon then.
    """
    seen = sun_direction(at, eye.lat_deg, eye.lon_deg)
    if seen.elevation_deg < 0.0:
        why = f"the sun is {-seen.elevation_deg:.1f} degrees below the horizon at {at.isoformat()}"
        raise CalibrationError(_WHAT, why, "give the time at which the picture was taken, in UTC")
    sigma = _SUN_SIGMA_DEG if seen.elevation_deg > _LOWEST_SUN_DEG else _LOW_SUN_SIGMA_DEG
    return Click("sun", seen.azimuth_deg, seen.elevation_deg, x_px, y_px, click_sigma_px, sigma)
