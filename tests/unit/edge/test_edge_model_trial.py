"""A model is tried on pictures that came with it and on this node's own frames, before it watches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from model_packages import squares_files, view, with_set

from firewatch.demo.world import make_ground, make_world
from firewatch.domain.ids import CameraId
from firewatch.domain.vision import Frame, FrameStamp
from firewatch.errors import ModelError
from firewatch.scene import render
from firewatch_edge.config import load_settings
from firewatch_edge.detect import Detector, shipped_model
from firewatch_edge.node.model_trial import try_model
from firewatch_edge.node.painted_smoke import with_painted_smoke
from firewatch_edge.update import RecentFrames

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.detect import Eyes

SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:9/"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
"""
CLEAR, SMOKE = 0.0, 0.993  # of a cell at grey 250: 1 / (1 + exp(-5))


@pytest.fixture
def settings(tmp_path: Path) -> EdgeSettings:
    path = tmp_path / "edge.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return load_settings(path)


def folder_of(tmp_path: Path, files: Mapping[str, bytes], name: str = "candidate") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for each, content in files.items():
        (folder / each).write_bytes(content)
    return folder


def own_frames(tmp_path: Path, seeds: range) -> list[Path]:
    paths = [tmp_path / f"own-{seed}.png" for seed in seeds]
    for path, seed in zip(paths, seeds, strict=True):
        cv2.imwrite(str(path), view(seed, has_smoke=seed >= 100))
    return paths


def idle(_: Eyes) -> float:
    return 0.1


def test_a_sound_model_is_tried_on_both(settings: EdgeSettings, squares_model: Path, tmp_path: Path) -> None:
    files = with_set(squares_files(squares_model, "0.4.0"), {1: CLEAR, 2: CLEAR, 101: SMOKE})
    own = own_frames(tmp_path, range(10, 14)) + own_frames(tmp_path, range(110, 112))
    report = try_model(settings, folder_of(tmp_path, files), squares_model, own, idle)
    assert (report.package_frames, report.own_frames, report.found, report.present_found) == (3, 6, 2, 2)
    assert report.worst_difference < 0.01
    assert "3 pictures of the package" in report.words
    assert "smoke in 2 (present model: 2)" in report.words


def test_what_computes_otherwise_than_where_it_was_made_is_refused(
    settings: EdgeSettings, squares_model: Path, tmp_path: Path
) -> None:
    files = with_set(squares_files(squares_model, "0.4.0"), {1: CLEAR, 101: 0.5})
    with pytest.raises(ModelError, match=r"scores selftest-02\.png with 0\.99.* expected is 0\.500 within 0\.05"):
        try_model(settings, folder_of(tmp_path, files), squares_model, (), idle)


def test_a_blind_model_is_refused_with_and_without_a_set(
    settings: EdgeSettings, squares_model: Path, blind_model: Path, tmp_path: Path
) -> None:
    files = squares_files(blind_model, "0.4.0")
    with pytest.raises(ModelError, match=r"expected is 0\.993"):
        try_model(settings, folder_of(tmp_path, with_set(files, {101: SMOKE}), "a"), squares_model, (), idle)
    with pytest.raises(ModelError, match=r"one and the same score, 0\.000: it sees nothing"):
        try_model(settings, folder_of(tmp_path, files, "b"), squares_model, own_frames(tmp_path, range(4)), idle)


def biased(squares_model: Path, bias: float) -> dict[str, bytes]:
    files = squares_files(squares_model, "0.4.0")
    files["model.toml"] = files["model.toml"].replace(b"b = 0.0", f"b = {bias}".encode())
    return files


def test_a_model_that_fires_on_everything_or_misses_what_the_present_one_finds_is_refused(
    settings: EdgeSettings, squares_model: Path, tmp_path: Path
) -> None:
    own = own_frames(tmp_path, range(4))
    with pytest.raises(ModelError, match="finds smoke in 4 of 4 frames of this node, the present model in 0"):
        try_model(settings, folder_of(tmp_path, biased(squares_model, 14.0), "a"), squares_model, own, idle)
    own += own_frames(tmp_path, range(100, 103))
    with pytest.raises(ModelError, match="in 0 of the 3 frames in which the present model does: it is blind"):
        try_model(settings, folder_of(tmp_path, biased(squares_model, -6.0), "b"), squares_model, own, idle)


def hazy(seed: int) -> npt.NDArray[np.uint8]:
    """Return a frame of a bright sky over dark hills."""
    rng, picture = np.random.default_rng(seed), np.full((480, 640, 3), 150, np.uint8)
    picture[300:] = 50
    return np.asarray(np.clip(picture + rng.normal(0.0, 3.0, picture.shape), 0, 255), np.uint8)


def test_smoke_is_painted_into_a_copy_the_same_each_time_and_not_by_night() -> None:
    frame = hazy(1)
    before = frame.copy()
    first, again = with_painted_smoke(frame), with_painted_smoke(frame)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(frame, before)
    changed = np.abs(first.astype(int) - frame).max(axis=2) > 5
    assert 0.005 < changed.mean() < 0.6
    assert not changed[400:].any(), "it rises from the skyline"
    assert with_painted_smoke(np.full((480, 640, 3), 5, np.uint8)) is None


def test_the_shipped_model_finds_painted_smoke_and_none_without() -> None:
    sight = make_world(make_ground(5), ignites_at_s=1e6).sights[0]
    clear = render(sight.backdrop, [], 0.0, seed=5).image
    smoky, detector = with_painted_smoke(clear), Detector.load(shipped_model(), threads=1)
    assert smoky is not None
    threshold = detector.spec.decision.threshold
    assert detector.score(clear).score < threshold <= detector.score(smoky).score


def test_a_model_that_is_blind_to_painted_smoke_is_refused_in_a_quiet_week(
    settings: EdgeSettings, squares_model: Path, tmp_path: Path
) -> None:
    """Its scores differ from frame to frame, no frame shows smoke: only what is painted tells that it is blind."""
    own = own_frames(tmp_path, range(17))
    blind = folder_of(tmp_path, biased(squares_model, -6.0), "blind")

    def smoke(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        painted = image.copy()
        painted[32:48, 64:80] = 250
        return painted

    report = try_model(settings, squares_model, squares_model, own, idle, smoke)
    assert (report.found, report.painted_found, report.present_painted_found) == (0, 6, 6)
    assert "painted smoke found 6 times (6)" in report.words
    with pytest.raises(ModelError, match="finds 0 of the 6 smokes painted into this node's frames"):
        try_model(settings, blind, squares_model, own, idle, smoke)
    assert try_model(settings, blind, squares_model, own, idle, lambda _: None).painted_found == 0, "a polar night"


def test_a_model_that_is_too_slow_here_is_refused_but_not_for_what_else_the_node_does(
    settings: EdgeSettings, squares_model: Path, tmp_path: Path
) -> None:
    files = with_set(squares_files(squares_model, "0.4.0"), {1: CLEAR, 101: SMOKE})
    folder = folder_of(tmp_path, files)
    busy = iter((1.5, 0.4, 1.5, 1.4))
    with pytest.raises(ModelError, match="busy 150% of the time, the present model 40%: it is too slow"):
        try_model(settings, folder, squares_model, (), lambda _: next(busy))
    assert try_model(settings, folder, squares_model, (), lambda _: next(busy)).busy == 1.5


def test_without_any_picture_a_model_is_not_believed(
    settings: EdgeSettings, squares_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff half a picture")
    own = [tmp_path / "gone.jpg", tmp_path / "broken.jpg"]
    folder = folder_of(tmp_path, squares_files(squares_model, "0.4.0"))
    with pytest.raises(ModelError, match="nothing to try it on"):
        try_model(settings, folder, squares_model, own, idle)


def test_a_folder_that_is_no_model_is_refused(settings: EdgeSettings, squares_model: Path, tmp_path: Path) -> None:
    files = squares_files(squares_model, "0.4.0")
    files["squares.onnx"] = files["squares.onnx"][:-1]
    with pytest.raises(ModelError, match="SHA-256"):
        try_model(settings, folder_of(tmp_path, files), squares_model, (), idle)


def frame_at(seconds: float) -> Frame:
    image = view(int(seconds))
    stamp = FrameStamp(datetime(2026, 11, 26, tzinfo=UTC) + timedelta(seconds=seconds), f"{int(seconds):064x}", 128, 96)
    return Frame(stamp, image)


def test_a_few_recent_frames_of_each_camera_are_kept(tmp_path: Path) -> None:
    kept = RecentFrames(tmp_path / "frames", every_s=600.0, most=3)
    assert kept.paths() == ()
    for seconds in range(0, 6000, 60):
        kept.note(CameraId("north"), frame_at(seconds))
    kept.note(CameraId("south"), frame_at(5.0))
    names = [path.name for path in kept.paths()]
    assert names == [
        "north_20261126T011000Z.jpg",
        "north_20261126T012000Z.jpg",
        "north_20261126T013000Z.jpg",
        "south_20261126T000005Z.jpg",
    ]
    found = cv2.imread(str(kept.paths()[0]))
    assert found is not None
    likeness = [np.corrcoef(found.mean(axis=2).ravel(), view(s).mean(axis=2).ravel())[0, 1] for s in (4200, 4260)]
    assert likeness[0] > likeness[1] + 0.6, "the picture is the one of its name"


def test_a_disk_that_does_not_keep_a_frame_costs_no_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "frames").write_bytes(b"a file where the folder should be")
    kept = RecentFrames(tmp_path / "frames")
    kept.note(CameraId("north"), frame_at(0.0))
    assert "recent_frame.not_kept" in caplog.messages
    assert kept.paths() == ()
