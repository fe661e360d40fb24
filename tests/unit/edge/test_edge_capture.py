"""Folders in the order of time, the gate, pictures, the wait before the next try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.vision import FrameStamp
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import (
    Backoff,
    EndOfRecording,
    FolderSource,
    Gate,
    Verdict,
    VideoSource,
    decode_frame,
    list_frames,
    load_picture,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


def picture(level: int = 100) -> bytes:
    _, encoded = cv2.imencode(".jpg", np.full((24, 32, 3), level, np.uint8))
    return bytes(encoded.data)


def fill(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).write_bytes(picture(number))
    return folder


def times(folder: Path, interval_s: float = 60.0) -> list[tuple[str, float]]:
    return [(frame.path.name, frame.at_s) for frame in list_frames(folder, interval_s)]


def test_signed_names_are_seconds_from_ignition(tmp_path: Path) -> None:
    fill(tmp_path, "+00060.jpg", "-02400.jpg", "+00000.jpg", "-00060.jpg")
    assert times(tmp_path) == [("-02400.jpg", -2400), ("-00060.jpg", -60), ("+00000.jpg", 0), ("+00060.jpg", 60)]


def test_names_that_end_in_signed_numbers_are_too(tmp_path: Path) -> None:
    fill(tmp_path, "1569440002_-02400.jpg", "1569442402_+00000.jpg", "1569442462_+00060.5.jpg")
    assert [at_s for _, at_s in times(tmp_path)] == [-2400.0, 0.0, 60.5]


def test_other_names_are_taken_by_name_an_interval_apart(tmp_path: Path) -> None:
    fill(tmp_path, "img-0002.jpg", "img-0001.jpg", "img-0010.PNG")
    (tmp_path / "index.json").write_text("{}", encoding="utf-8")
    assert times(tmp_path, 30.0) == [("img-0001.jpg", 0.0), ("img-0002.jpg", 30.0), ("img-0010.PNG", 60.0)]


@pytest.mark.parametrize("other", ["img1.jpg", "2026-04-05.jpg", "00060.jpg"])
def test_mixed_names_are_refused(tmp_path: Path, other: str) -> None:
    fill(tmp_path, "+00060.jpg", other)
    with pytest.raises(FrameUnavailableError, match="name all of them so, or none"):
        list_frames(tmp_path)


def test_two_frames_of_one_time_are_refused(tmp_path: Path) -> None:
    fill(tmp_path, "a_+00060.jpg", "b_+60.jpg")
    with pytest.raises(FrameUnavailableError, match="the same time, 60 s"):
        list_frames(tmp_path)


def test_a_folder_without_pictures_or_none_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FrameUnavailableError, match="no picture in it"):
        list_frames(tmp_path)
    with pytest.raises(FrameUnavailableError, match="no such folder"):
        list_frames(tmp_path / "missing")


def test_a_folder_that_cannot_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the refusal is made.
    monkeypatch.setattr(type(tmp_path), "iterdir", refuse)
    with pytest.raises(FrameUnavailableError, match="it cannot be read: Permission denied"):
        list_frames(tmp_path)


def test_a_folder_plays_once_and_keeps_the_distances(tmp_path: Path) -> None:
    source = FolderSource(fill(tmp_path, "-10.jpg", "+50.jpg"), NOW, 1.0)
    assert [source.read(1.0).stamp.captured_at for _ in range(2)] == [NOW, NOW + timedelta(seconds=60)]
    with pytest.raises(EndOfRecording):
        source.read(1.0)
    source.close()


@pytest.mark.parametrize(
    ("encoded", "says"),
    [(b"", "no picture"), (b"hello", "no picture"), (picture()[:-200], "cut off"), (b"\xff\xd8\xff\xd9", "no picture")],
)
def test_what_is_no_whole_picture_is_refused(encoded: bytes, says: str) -> None:
    with pytest.raises(FrameUnavailableError, match=says):
        decode_frame("camera", encoded, NOW)


def test_a_missing_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FrameUnavailableError, match="No such file"):
        load_picture(tmp_path / "none.jpg", NOW)


def test_the_hash_is_that_of_the_encoded_bytes() -> None:
    first, again, other = (decode_frame("c", picture(level), NOW).stamp for level in (1, 1, 2))
    assert first.sha256 == again.sha256 != other.sha256
    assert (first.width_px, first.height_px) == (32, 24)


def write_video(path: Path, frames: int, fps: float = 10.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((48, 64, 3), number * 4, np.uint8))
    writer.release()
    return path


def test_a_video_gives_a_frame_every_so_often(tmp_path: Path) -> None:
    source = VideoSource(write_video(tmp_path / "v.avi", 50), NOW, every_s=2.0)
    frames = [source.read(1.0) for _ in range(3)]
    assert [(frame.stamp.captured_at - NOW).total_seconds() for frame in frames] == [0.0, 2.0, 4.0]
    assert [float(frame.image.mean()) for frame in frames] == pytest.approx([0.0, 80.0, 160.0], abs=2.0)
    assert len({frame.stamp.sha256 for frame in frames}) == 3
    with pytest.raises(EndOfRecording):
        source.read(1.0)
    source.close()


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FrameUnavailableError, match="no such file"):
        VideoSource(tmp_path / "none.mp4", NOW, 1.0)
    (tmp_path / "text.mp4").write_text("hello", encoding="utf-8")
    with pytest.raises(FrameUnavailableError, match="no video"):
        VideoSource(tmp_path / "text.mp4", NOW, 1.0)


def stamp(at_s: float, name: int) -> FrameStamp:
    return FrameStamp(NOW + timedelta(seconds=at_s), f"{name:064x}", 32, 24)


def test_a_new_frame_passes_once() -> None:
    gate = Gate(60.0)
    assert gate.judge(stamp(0, 1), NOW) is Verdict.FRESH
    assert gate.judge(stamp(0, 1), NOW) is Verdict.REPEATED
    assert gate.judge(stamp(10, 1), NOW) is Verdict.REPEATED


def test_an_old_or_overtaken_frame_is_stale() -> None:
    gate = Gate(60.0)
    assert gate.judge(stamp(-61, 1), NOW) is Verdict.STALE
    assert gate.judge(stamp(-60, 2), NOW) is Verdict.FRESH
    assert gate.judge(stamp(-60, 3), NOW) is Verdict.STALE
    assert gate.judge(stamp(-59, 4), NOW) is Verdict.FRESH


def test_a_recording_has_no_age() -> None:
    assert Gate(None).judge(stamp(-1e6, 1), NOW) is Verdict.FRESH


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 8)), max_size=40))
def test_what_passes_the_gate_is_new_and_in_order(frames: list[tuple[int, int]]) -> None:
    gate = Gate(None)
    passed = [item for item in frames if gate.judge(stamp(*item), NOW) is Verdict.FRESH]
    assert [at_s for at_s, _ in passed] == sorted({at_s for at_s, _ in passed})
    assert len({name for _, name in passed}) == len(passed)


def test_waits_double_up_to_their_limit_and_begin_anew() -> None:
    backoff = Backoff(1.0, 5.0)
    waits = [backoff.next_s() for _ in range(5)]
    for wait, nominal in zip(waits, [1.0, 2.0, 4.0, 5.0, 5.0], strict=True):
        assert 0.75 * nominal <= wait <= 1.25 * nominal
    backoff.reset()
    assert backoff.next_s() <= 1.25
