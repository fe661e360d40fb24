"""What the actions of `firewatch calibrate` share: pictures, and the pose on the map of sites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from firewatch.cli.config_option import add_config_option
from firewatch.errors import ConfigError, FrameUnavailableError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from firewatch.domain.sites import Camera, Pose, Tower

__all__ = ["PoseOnMap", "add_pose_options", "pose_on_map", "read_picture", "write_picture"]


_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True)
class PoseOnMap:
    """A pose, its camera and tower, and the file that they stand in."""

    sites: Path
    tower: Tower
    camera: Camera
    pose: Pose


def add_pose_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a pose of the sites."""
    parser.add_argument("--tower", metavar="ID", help="of the sites; with it the camera's place and lens are known")
    parser.add_argument("--camera", metavar="ID", help="of the tower; left out where it has one")
    parser.add_argument("--pose", metavar="ID", help="of the camera; left out where it has one")
    parser.add_argument("--sites", type=Path, metavar="FILE.geojson", help="in place of those of the settings")
    add_config_option(parser)


def pose_on_map(args: argparse.Namespace) -> PoseOnMap | None:
    """Return the pose that the options name; None without `--tower`.

    Raises
    ------
    ConfigError
        If the sites cannot be read, or have no such pose.
    """
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.config import read_config
    from firewatch.domain.ids import TowerId

    if args.tower is None:
        return None
    path = args.sites or Path(read_config(args.config).centre.sites)
    sites = read_sites(path)
    tower = sites.tower(TowerId(args.tower))
    if tower is None:
        known = ", ".join(each.tower_id for each in sites.towers) or "none"
        raise ConfigError(str(path), "tower", f"{args.tower} is not among them: {known}")
    camera = _one(str(path), "--camera", args.camera, {each.camera_id: each for each in tower.cameras})
    pose = _one(str(path), "--pose", args.pose, {each.pose_id: each for each in camera.poses})
    return PoseOnMap(path, tower, camera, pose)


def _one(source: str, option: str, asked: str | None, known: Mapping[str, _Named]) -> _Named:
    if asked is None and len(known) == 1:
        return next(iter(known.values()))
    if asked is None or asked not in known:
        given = "is not said" if asked is None else f"{asked} is not there"
        raise ConfigError(source, option, f"{given}; there are {', '.join(known) or 'none'}")
    return known[asked]


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Return a picture, shape (h, w, 3), blue, green, red; raise `FrameUnavailableError` if the file is none."""
    import cv2
    import numpy as np

    try:
        encoded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as err:
        raise FrameUnavailableError(str(path), f"cannot be read: {err.strerror}") from err
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    if image is None:
        raise FrameUnavailableError(str(path), "it is no picture that can be read; give JPEG or PNG")
    return np.asarray(image, np.uint8)


def write_picture(path: Path, image: npt.NDArray[np.uint8]) -> None:
    """Write a picture as PNG, whole or not at all."""
    import cv2

    from firewatch.adapters.whole_file import write_whole

    _, encoded = cv2.imencode(".png", image)
    write_whole(path, encoded.tobytes())
