"""Sun, sky and air: what lights the scene and what veils it. Colours are linear blue, green, red."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_between

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Air", "Sun", "Wind", "airlight", "ambient_colour", "sky_colour", "sun_colour", "transmission"]

# Contrast threshold of 2 %: visibility is the distance at which exp(-b r) falls to it (Koschmieder 1924; WMO-No. 8).
KOSCHMIEDER = 3.912
# Haze scatters blue more than red: Angstrom exponent about 0.8 around 550 nm, for 460, 550, 620 nm.
_ANGSTROM = np.array([1.15, 1.0, 0.91], np.float32)
_ZENITH = np.array([0.60, 0.30, 0.14], np.float32)
_HORIZON = np.array([0.88, 0.80, 0.73], np.float32)
_GREY_SKY = np.array([0.72, 0.70, 0.68], np.float32)


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands: true azimuth [deg] and elevation above the horizon [deg]."""

    azimuth_deg: float
    elevation_deg: float

    def __post_init__(self) -> None:
        require_between("sun azimuth (deg)", self.azimuth_deg, 0.0, 360.0)
        require_between("sun elevation (deg)", self.elevation_deg, 1.0, 90.0)

    @property
    def direction(self) -> tuple[float, float, float]:
        """Unit vector to the sun: east, north, up."""
        turn, lift = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        return math.cos(lift) * math.sin(turn), math.cos(lift) * math.cos(turn), math.sin(lift)


@dataclass(frozen=True, slots=True)
class Wind:
    """Wind at 10 m above ground: speed [m/s] and the true direction that it comes from [deg]."""

    speed_ms: float
    from_deg: float

    def __post_init__(self) -> None:
        require_between("wind speed (m/s)", self.speed_ms, 0.0, 40.0)
        require_between("wind direction (deg)", self.from_deg, 0.0, 360.0)

    @property
    def towards(self) -> tuple[float, float]:
        """Unit vector of where the air goes: east, north."""
        turn = math.radians(self.from_deg)
        return -math.sin(turn), -math.cos(turn)


@dataclass(frozen=True, slots=True)
class Air:
    """The state of the air.

    Parameters
    ----------
    visibility_m : float
        Meteorological visibility at the eye's height, 500 to 200 000 [m].
    wind : Wind
        Moves the clouds; plumes carry their own.
    cloud_cover : float
        Part of the sky with clouds, 0 to 1.
    cloud_base_m : float
        Height of the clouds above the eye [m].
    haze_depth_m : float
        Height over which the haze thins to 1/e [m]: valleys are hazier than crests.
    """

    visibility_m: float
    wind: Wind
    cloud_cover: float = 0.25
    cloud_base_m: float = 1800.0
    haze_depth_m: float = 1400.0

    def __post_init__(self) -> None:
        require_between("visibility (m)", self.visibility_m, 500.0, 200_000.0)
        require_between("cloud cover", self.cloud_cover, 0.0, 1.0)
        require_between("cloud base (m)", self.cloud_base_m, 200.0, 12_000.0)
        require_between("haze depth (m)", self.haze_depth_m, 100.0, 10_000.0)


def sun_colour(sun: Sun) -> npt.NDArray[np.float32]:
    """Return the direct light of the sun at the ground, shape (3,): redder and weaker when it stands low."""
    air_mass = 1.0 / (math.sin(math.radians(sun.elevation_deg)) + 0.05)
    thickness = np.array([0.26, 0.16, 0.11], np.float32)
    return np.asarray(1.55 * np.exp(-thickness * air_mass), np.float32)


def ambient_colour(sun: Sun, air: Air) -> npt.NDArray[np.float32]:
    """Return the light of the whole sky at the ground, shape (3,): bluish if clear, greyer, stronger if clouded."""
    clear = np.array([0.36, 0.29, 0.24], np.float32)
    overcast = np.array([0.55, 0.54, 0.53], np.float32)
    mixed = clear + air.cloud_cover * (overcast - clear)
    return np.asarray(mixed * _day(sun), np.float32)


def sky_colour(
    turn_rad: npt.NDArray[np.float32], slope: npt.NDArray[np.float32], sun: Sun, air: Air, centre_deg: float
) -> npt.NDArray[np.float32]:
    """Return the cloudless sky's colour.

    Parameters
    ----------
    turn_rad, slope : ndarray, shape (h, w)
        Azimuth from the view's centre [rad] and tangent of the elevation angle of each ray.
    sun, air : Sun, Air
        The light.
    centre_deg : float
        True azimuth of the view's centre [deg].

    Returns
    -------
    ndarray, shape (h, w, 3), float32
        Linear blue, green, red; 1 is white.
    """
    lift = np.maximum(slope, 0.0) / np.sqrt(1.0 + slope * slope)
    # Murky air whitens the sky far up; clear air only near the horizon.
    haze_lift = 0.07 + 0.25 * min(1.0, 12_000.0 / air.visibility_m)
    veil = np.exp(-lift / np.float32(haze_lift))[..., None]
    upper = _ZENITH + 0.5 * min(1.0, 9_000.0 / air.visibility_m) * (_GREY_SKY - _ZENITH)
    clear = upper + veil * (_HORIZON - upper)
    east, north, up = sun.direction
    turn = turn_rad + np.float32(math.radians(centre_deg))
    level = np.sqrt(1.0 - np.minimum(lift * lift, 1.0))
    cosine = level * (np.sin(turn) * east + np.cos(turn) * north) + lift * up
    glow = np.exp((cosine - 1.0) / 0.10)[..., None] * np.array([0.22, 0.28, 0.33], np.float32)
    grey = _GREY_SKY * (0.9 + 0.1 * (1.0 - veil))
    heavy = max(0.0, air.cloud_cover - 0.5) * 1.6
    return np.asarray((clear * (1.0 - heavy) + grey * heavy + glow * (1.0 - heavy)) * _day(sun), np.float32)


def airlight(turn_rad: npt.NDArray[np.float32], sun: Sun, air: Air, centre_deg: float) -> npt.NDArray[np.float32]:
    """Return the colour of endless haze in each direction, shape (h, w, 3): the horizon sky, a little darker."""
    level = np.zeros_like(turn_rad)
    return np.asarray(
        sky_colour(turn_rad, level, sun, air, centre_deg) * np.array([0.98, 0.95, 0.93], np.float32), np.float32
    )


def transmission(
    distance_m: npt.NDArray[np.float32], up_m: npt.NDArray[np.float32], eye_m: float, air: Air
) -> npt.NDArray[np.float32]:
    """Return what part of a thing's light reaches the eye.

    Parameters
    ----------
    distance_m, up_m : ndarray, shape (...)
        Distance and height above sea level of the thing [m].
    eye_m : float
        Height of the eye above sea level [m].
    air : Air
        Visibility at the eye and depth of the haze.

    Returns
    -------
    ndarray, shape (..., 3), float32
        For blue, green and red.

    References
    ----------
    .. [1] Koschmieder, H. (1924), Theorie der horizontalen Sichtweite, Beitr. Phys. freien Atm. 12.
    """
    rise = (up_m - np.float32(eye_m)) / np.float32(air.haze_depth_m)
    # Mean of exp(-z) along a straight path; the series at 0 keeps level paths from dividing by nothing.
    steep = np.where(np.abs(rise) < 1e-3, np.float32(1e-3), rise)  # noqa: PLR2004 - below it the series is exact
    thicker = np.clip((1.0 - np.exp(-steep)) / steep, 0.2, 3.0)
    thickness = (KOSCHMIEDER / air.visibility_m) * distance_m * thicker
    return np.asarray(np.exp(-thickness[..., None] * _ANGSTROM), np.float32)


def _day(sun: Sun) -> float:
    """Return the sky's brightness, 1 at a high sun; a camera's exposure hides most of the rest."""
    return 0.45 + 0.55 * min(1.0, math.sin(math.radians(sun.elevation_deg)) / 0.5)
