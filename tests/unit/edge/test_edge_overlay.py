"""What a camera writes into its picture is proposed, drawn and printed, never masked by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from temporal_model import landscape, noisy

from firewatch.domain.masks import Mask
from firewatch_edge.cli import main
from firewatch_edge.config import load_settings
from firewatch_edge.confirm import MaskSet
from firewatch_edge.detect.overlay import draw_overlay, find_overlay

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]

SIZE = (1280, 720)
WORLD = cv2.resize(landscape(), SIZE, interpolation=cv2.INTER_CUBIC)
# Text, lower left corner [px], size.
CLOCK, NAME = (20, 40, 1.0), (900, 700, 0.9)


def written(number: int, *, clock: bool = True, name: bool = True) -> Picture:
    image = noisy(WORLD, number)
    if clock:
        text = f"2026-04-05 12:{number * 7 % 60:02d}:{number * 13 % 60:02d}"
        cv2.putText(image, text, CLOCK[:2], cv2.FONT_HERSHEY_SIMPLEX, CLOCK[2], (255, 255, 255), 2)
    if name:
        cv2.putText(image, "YUNFENG NORTH", NAME[:2], cv2.FONT_HERSHEY_DUPLEX, NAME[2], (255, 255, 255), 2)
    return image


def inked(text: str, at: tuple[int, int, float], font: int = cv2.FONT_HERSHEY_SIMPLEX) -> tuple[float, ...]:
    (width, height), below = cv2.getTextSize(text, font, at[2], 2)
    return at[0] / 1280, (at[1] - height) / 720, (at[0] + width) / 1280, (at[1] + below * 0.2) / 720


def test_a_clock_and_a_name_are_found_whole_and_nothing_else() -> None:
    regions = find_overlay([written(number) for number in range(6)])
    assert len(regions) == 2
    clock, name = (MaskSet([Mask("o", "o", region.polygon)]) for region in regions)
    # The size that OpenCV tells of a line is a little higher than its letters.
    assert clock.share_of(*inked("2026-04-05 12:00:00", CLOCK)) > 0.85
    assert name.share_of(*inked("YUNFENG NORTH", NAME, cv2.FONT_HERSHEY_DUPLEX)) > 0.85
    assert sum(region.polygon.area for region in regions) < 0.06


def test_dark_writing_is_found_as_well() -> None:
    images = []
    for number in range(5):
        image = np.clip(noisy(WORLD, number).astype(np.int16) + 120, 0, 255).astype(np.uint8)
        cv2.putText(image, "CAM 1", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 3)
        images.append(image)
    assert len(find_overlay(images)) == 1


def test_a_picture_without_writing_has_none_and_a_light_that_blinks_is_none() -> None:
    assert find_overlay([written(number, clock=False, name=False) for number in range(6)]) == ()
    blinking = [written(number, clock=number % 3 == 0, name=False) for number in range(6)]
    assert find_overlay(blinking) == ()


def test_a_bright_thing_in_the_middle_of_the_picture_is_no_writing() -> None:
    images = [written(number, clock=False, name=False) for number in range(5)]
    for image in images:
        cv2.putText(image, "SIGN POST", (400, 360), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2)
    assert find_overlay(images) == ()


def test_few_frames_or_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="3 frames"):
        find_overlay([written(0)] * 3)
    with pytest.raises(ValueError, match="of one size"):
        find_overlay([*[written(0)] * 4, written(0)[:700]])


def test_the_drawn_picture_shows_the_rectangles() -> None:
    image = written(0)
    regions = find_overlay([written(number) for number in range(4)])
    drawn = draw_overlay(image, regions)
    assert (drawn != image).any()
    assert (draw_overlay(image, ()) == image).all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(20):
        cv2.imwrite(str(frames / f"{number:03d}.png"), written(number))
    return frames


def test_the_command_prints_what_can_be_put_into_the_settings(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["overlay", str(folder), "--picture", str(tmp_path / "look.png")]) == 0
    printed = capsys.readouterr().out
    assert "Nothing is masked yet" in printed
    settings = tmp_path / "edge.toml"
    least = '[tower]\nid = "a"\n[[camera]]\nid = "c"\nkind = "folder"\npath = "."\n[camera.pose]\n'
    settings.write_text(f"{least}azimuth_deg = 0.0\nhfov_deg = 60.0\n{printed}", encoding="utf-8")
    (camera,) = load_settings(settings).camera
    assert [section.mask().name for section in camera.pose.mask] == ["overlay 1", "overlay 2"]
    assert cv2.imread(str(tmp_path / "look.png")).shape == (720, 1280, 3)


def test_the_command_takes_frames_of_a_camera_of_the_settings(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(
        f'[tower]\nid = "a"\n[[camera]]\nid = "north"\nkind = "folder"\npath = "{folder}"\nperiod_s = 0.05\n'
        "[camera.pose]\nazimuth_deg = 0.0\nhfov_deg = 60.0\n",
        encoding="utf-8",
    )
    words = ["--config", str(settings), "--every-s", "0.01", "--picture", str(tmp_path / "look.png")]
    assert main(["overlay", "north", *words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["regions"]) == 2
    assert main(["overlay", "south", *words]) == 1
    assert "there are north" in capsys.readouterr().err


def test_what_cannot_be_looked_at_is_refused_with_what_to_do(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["overlay", "north"]) == 1
    assert "for a camera give its settings" in capsys.readouterr().err
    assert main(["overlay", str(folder), "--picture", str(tmp_path / "none" / "look.png")]) == 1
    assert "cannot be written" in capsys.readouterr().err
