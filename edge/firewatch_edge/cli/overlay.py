"""The command overlay: proposes masks over what a camera writes into its own picture."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from firewatch.errors import ConfigError, FrameUnavailableError
from firewatch_edge.capture import EndOfRecording, list_frames, load_picture
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.config import load_settings
from firewatch_edge.detect.overlay import FEWEST_FRAMES, draw_overlay, find_overlay
from firewatch_edge.node import source_opener

if TYPE_CHECKING:
    import argparse

    import numpy as np
    import numpy.typing as npt

    from firewatch_edge.detect.overlay import OverlayRegion

__all__ = ["overlay"]

_MOST_FRAMES = 12


def overlay(arguments: argparse.Namespace) -> int:
    """Look at some frames of one view and propose masks; nothing is masked until somebody writes them down."""
    folder = Path(arguments.source)
    if folder.is_dir():
        images = _of_folder(folder)
    else:
        images = _of_camera(arguments.config, arguments.source, arguments.every_s)
    try:
        regions = find_overlay(images)
    except ValueError as err:
        raise FrameUnavailableError(arguments.source, str(err)) from err
    if not cv2.imwrite(str(arguments.picture), draw_overlay(images[-1], regions)):
        raise FrameUnavailableError(str(arguments.picture), "the picture cannot be written there")
    if arguments.json:
        say_json({"picture": str(arguments.picture), "regions": [_facts(region) for region in regions]})
    else:
        _tell(regions, arguments.picture)
    return 0


def _of_folder(folder: Path) -> list[npt.NDArray[np.uint8]]:
    frames = list_frames(folder)
    # Spread over the whole folder: the farther apart, the more of the world has moved.
    step = max(1, (len(frames) - 1) // (_MOST_FRAMES - 1)) if len(frames) > 1 else 1
    return [load_picture(frame.path, datetime.now(UTC)).image for frame in frames[::step][:_MOST_FRAMES]]


def _of_camera(config: Path | None, name: str, every_s: float) -> list[npt.NDArray[np.uint8]]:
    if config is None:
        raise ConfigError("command line", "--config", f"{name!r} is no folder; for a camera give its settings")
    cameras = {camera.id: camera for camera in load_settings(config).camera}
    if name not in cameras:
        raise ConfigError(str(config), "camera", f"there is none named {name!r}; there are {', '.join(cameras)}")
    camera = cameras[name]
    source = source_opener(camera)()
    images = []
    try:
        for number in range(FEWEST_FRAMES):
            if number:
                time.sleep(every_s)
            images.append(source.read(camera.timeout_s).image)
    except EndOfRecording:
        pass
    finally:
        source.close()
    return images


def _facts(region: OverlayRegion) -> dict[str, Any]:
    return {"polygon": [list(point) for point in region.polygon.points], "strokes": region.strokes}


def _tell(regions: tuple[OverlayRegion, ...], picture: Path) -> None:
    if not regions:
        say(f"no writing found; look at {picture} all the same")
        return
    say(f"# {len(regions)} proposed, drawn in {picture}. Nothing is masked yet: look at the picture, and copy what is")
    say("# writing of the camera below its [camera.pose] in edge.toml (poses.mask below each of its [[camera.poses]]).")
    for number, region in enumerate(regions, 1):
        corners = ", ".join(f"[{x:g}, {y:g}]" for x, y in region.polygon.points)
        say(f'[[camera.pose.mask]]\nname = "overlay {number}"\nreason = "written by the camera"\npolygon = [{corners}]')
