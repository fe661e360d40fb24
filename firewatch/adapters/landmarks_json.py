"""Landmarks clicked in a picture, from a file that a person writes."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations when it decodes
from typing import TYPE_CHECKING, Literal

import msgspec

from firewatch.domain.geo import Position
from firewatch.errors import ConfigError, DomainError, InvalidValue
from firewatch.geodesy import Gcj02Position, from_gcj02
from firewatch.optics_forms import utc_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LandmarkFile", "Pointed", "read_landmarks"]


class _Camera(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    lat_deg: float
    lon_deg: float
    elevation_m: float | None = None
    hfov_deg: float | None = None


class _Place(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    x: float
    y: float
    name: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None
    elevation_m: float | None = None
    above_ground_m: float = 0.0
    sun_at: datetime | None = None
    click_sigma_px: float = 1.0
    place_sigma_m: float = 5.0


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    landmarks: list[_Place]
    camera: _Camera | None = None
    datum: Literal["wgs84", "gcj02"] = "wgs84"


@dataclass(frozen=True, slots=True)
class Pointed:
    """One thing clicked: a place, or the sun.

    Parameters
    ----------
    name : str
        For people.
    x_px, y_px : float
        The click [px].
    place : Position or None
        WGS 84; None for the sun. Without an elevation it is the ground's, `above_ground_m` higher.
    above_ground_m : float
        Of the point clicked [m].
    sun_at : datetime or None
        UTC instant of the picture, for the sun.
    click_sigma_px, place_sigma_m : float
        Standard deviations.
    """

    name: str
    x_px: float
    y_px: float
    place: Position | None
    above_ground_m: float
    sun_at: datetime | None
    click_sigma_px: float
    place_sigma_m: float


@dataclass(frozen=True, slots=True)
class LandmarkFile:
    """What the file says: what was clicked and, where it says so, where the camera is and how wide it sees [deg]."""

    pointed: tuple[Pointed, ...]
    camera: Position | None
    hfov_deg: float | None


def read_landmarks(path: Path) -> LandmarkFile:
    """Read landmarks.

    Parameters
    ----------
    path : Path
        ``{"landmarks": [{"name", "lat_deg", "lon_deg", "elevation_m", "x", "y"}, {"sun_at", "x", "y"}], "camera": ...,
        "datum": "wgs84" or "gcj02"}``. Coordinates copied from a Chinese map need ``"datum": "gcj02"``.

    Raises
    ------
    ConfigError
        Naming the file, the landmark and what is wrong with it.
    """
    try:
        told = msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8), type=_File)
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "(JSON)", str(err)) from err
    pointed = []
    for number, one in enumerate(told.landmarks):
        try:
            pointed.append(_pointed(one, number, told.datum))
        except DomainError as err:
            raise ConfigError(str(path), f"landmarks[{number}] ({one.name})", str(err)) from err
    try:
        camera = None if told.camera is None else _place(told.camera, told.datum)
    except DomainError as err:
        raise ConfigError(str(path), "camera", str(err)) from err
    return LandmarkFile(tuple(pointed), camera, None if told.camera is None else told.camera.hfov_deg)


def _pointed(one: _Place, number: int, datum: str) -> Pointed:
    if one.sun_at is not None:
        at = utc_of("sun_at", one.sun_at)
        return Pointed(one.name or "sun", one.x, one.y, None, 0.0, at, one.click_sigma_px, 0.0)
    if one.lat_deg is None or one.lon_deg is None:
        raise InvalidValue("place", None, "lat_deg and lon_deg, or sun_at for the sun")
    name = one.name or f"landmark {number + 1}"
    place = _place(_Camera(one.lat_deg, one.lon_deg, one.elevation_m), datum)
    return Pointed(name, one.x, one.y, place, one.above_ground_m, None, one.click_sigma_px, one.place_sigma_m)


def _place(at: _Camera, datum: str) -> Position:
    if datum == "gcj02":
        true = from_gcj02(Gcj02Position(at.lat_deg, at.lon_deg))
        return Position(true.lat_deg, true.lon_deg, at.elevation_m)
    return Position(at.lat_deg, at.lon_deg, at.elevation_m)
