"""Pictures as files and cameras really bring them: cut, turned, deep, grey, see-through, with notes behind them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import EndOfRecording, FolderSource, decode_frame
from firewatch_edge.detect import Detector

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
# A bright square in the top-left corner, all else grey: the squares model sees its cells.
SCENE = np.full((96, 128, 3), 60, np.uint8)
SCENE[:32, :32] = 250
NOISE = np.random.default_rng(3).integers(0, 256, (96, 128, 3), np.uint8)


def encoded(suffix: str, image: npt.NDArray[np.generic]) -> bytes:
    return bytes(cv2.imencode(suffix, image)[1].data)


def with_segment(jpeg: bytes, body: bytes) -> bytes:
    """Put an APP1 segment behind the start mark."""
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def turned(jpeg: bytes, orientation: int) -> bytes:
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return with_segment(jpeg, b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp"])
@pytest.mark.parametrize("share", [0.01, 0.4, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused_whatever_its_format(suffix: str, share: float) -> None:
    whole = encoded(suffix, NOISE)
    assert decode_frame("c", whole, NOW).image.shape == NOISE.shape
    with pytest.raises(FrameUnavailableError, match=r"no picture|cut off|cannot be decoded"):
        decode_frame("c", whole[: int(len(whole) * share)], NOW)


@pytest.mark.parametrize("kept", [10, 40, 700, 3000, 5000])
def test_the_end_of_a_preview_is_not_the_end_of_the_picture(kept: int) -> None:
    """A preview in the first segment has an end mark of its own, near which the file may have been cut."""
    preview = encoded(".jpg", NOISE[:40, :40])
    jpeg = with_segment(encoded(".jpg", NOISE), b"Exif\0\0" + preview)
    assert decode_frame("c", jpeg, NOW).image.shape == NOISE.shape
    with pytest.raises(FrameUnavailableError, match="cut off"):
        decode_frame("c", jpeg[: len(preview) + 12 + kept], NOW)


@pytest.mark.parametrize("notes", [b"\0" * 20_000, b"camera notes " * 1000, b"\xff\xda\xff\xff"])
def test_notes_behind_the_picture_do_no_harm(notes: bytes) -> None:
    assert decode_frame("c", encoded(".jpg", SCENE) + notes, NOW).image.shape == SCENE.shape


@pytest.mark.parametrize("kept", range(2, 24))
def test_any_beginning_of_a_jpeg_is_refused(kept: int) -> None:
    with pytest.raises(FrameUnavailableError):
        decode_frame("c", encoded(".jpg", SCENE)[:kept], NOW)


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("grey", SCENE[:, :, 0]),
        ("16 bit", SCENE.astype(np.uint16) * 257),
        ("grey 16 bit", SCENE[:, :, 0].astype(np.uint16) * 257),
        ("see-through", np.dstack((SCENE, np.zeros((96, 128), np.uint8)))),
    ],
)
def test_png_of_any_depth_becomes_the_same_frame(name: str, image: npt.NDArray[np.generic]) -> None:
    frame = decode_frame(name, encoded(".png", image), NOW)
    np.testing.assert_array_equal(frame.image, SCENE)


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [(1, (128, 96), (0, 0)), (3, (128, 96), (96, 64)), (6, (96, 128), (64, 0)), (8, (96, 128), (0, 96))],
)
def test_a_turned_jpeg_is_set_upright_and_its_boxes_with_it(
    squares_model: Path, orientation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    frame = decode_frame("c", turned(encoded(".jpg", SCENE), orientation), NOW)
    assert (frame.stamp.width_px, frame.stamp.height_px) == size
    found = Detector.load(squares_model).score(frame.image).detections
    assert len(found) > 0
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2.0
    assert (middles > corner).all()
    assert (middles < np.add(corner, 32)).all()


def test_a_folder_goes_on_behind_files_that_are_no_pictures(tmp_path: Path) -> None:
    for name, content in [
        ("1.jpg", encoded(".jpg", SCENE)),
        ("2.jpg", b""),
        ("3.jpg", encoded(".jpg", NOISE)[:-300]),
        ("4.jpg", b"<html>"),
        ("5.png", encoded(".png", SCENE)),
    ]:
        (tmp_path / name).write_bytes(content)
    source = FolderSource(tmp_path, NOW, 10.0)
    outcomes = []
    while True:
        try:
            outcomes.append((source.read(1.0).stamp.captured_at - NOW).total_seconds())
        except FrameUnavailableError as err:
            outcomes.append(err.why.split()[0])
        except EndOfRecording:
            break
    assert outcomes == [0.0, "0", "the", "a", 40.0]
