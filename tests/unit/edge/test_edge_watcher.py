"""One view through detector, past, verifier and confirmation: what grows is smoke, what stood there is not."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from temporal_model import landscape, moved, noisy, with_blob

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.errors import ModelError
from firewatch.testing import FakePublisher
from firewatch_edge.capture import EndOfRecording, FolderSource, list_frames, pixel_frame
from firewatch_edge.cli import main
from firewatch_edge.cli.frames import _replay
from firewatch_edge.config import ConfirmationSection
from firewatch_edge.confirm import Confirmer, Viewpoint
from firewatch_edge.detect import Eyes, Sight, TilesWanted, TileTime
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import (
    Handover,
    Inbox,
    Pipeline,
    Watch,
    Watched,
    Watcher,
    rules_of,
    sight_of,
    verified_rules_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.vision import Sighting

    Picture = npt.NDArray[np.uint8]

START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LENS = Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3)
VIEW = landscape()
# The middle of one of the 40 x 40 pixels that the detector takes together.
HERE = (180.0, 140.0)


@pytest.fixture
def eyes(range_model: Path) -> Eyes:
    return Eyes.load(range_model, threads=1)


def watcher_of(eyes: Eyes, chosen: ConfirmationSection | None = None, sight: Sight | None = None) -> Watcher:
    chosen = chosen or ConfirmationSection()
    spec = eyes.detector.spec
    view = Viewpoint(TowerId("a"), CameraId("north"), PoseId("main"), LENS, spec.sha256)
    rules = rules_of(chosen, spec)
    confirmer = Confirmer(rules, view, np.random.default_rng(5), verified_rules_of(chosen, eyes.temporal))
    return Watcher(eyes, confirmer, sight=sight)


def play(watcher: Watcher, pictures: Sequence[Picture], period_s: float = 60.0, first_s: float = 0.0) -> list[Watched]:
    return [
        watcher.look(pixel_frame(noisy(picture, number), START + timedelta(seconds=first_s + number * period_s)))
        for number, picture in enumerate(pictures)
    ]


def phases(watched: list[Watched]) -> list[tuple[int, str]]:
    return [(number, change.phase.value) for number, one in enumerate(watched) for change in one.changes]


def opened(watched: list[Watched]) -> list[int]:
    return [number for number, phase in phases(watched) if phase == "opened"]


def growing(before: int, count: int, step: float = 2.0) -> list[Picture]:
    """Return a view in which, after some quiet frames, a bright blob grows."""
    return [VIEW] * before + [with_blob(VIEW, HERE, 24.0 + step * number) for number in range(count)]


STATIC = with_blob(VIEW, HERE, 24.0)


def test_a_blob_that_comes_and_grows_is_confirmed_by_its_third_frame(eyes: Eyes) -> None:
    watched = play(watcher_of(eyes), growing(5, 6))
    assert opened(watched) == [7]
    assert watched[0].candidates is None
    assert all(one.candidates is not None for one in watched[1:])
    (sighting,) = watched[7].changes
    assert sighting.frames_hit == 3
    assert sighting.looks[-1].box.x0 < HERE[0] < sighting.looks[-1].box.x1


def test_a_blob_that_always_stood_there_is_not_though_each_frame_scores_the_same(eyes: Eyes) -> None:
    watched = play(watcher_of(eyes), [STATIC] * 12)
    assert all(one.score > 0.9 for one in watched)
    assert phases(watched) == []
    alone = play(watcher_of(Eyes(eyes.detector)), [STATIC] * 12)
    assert opened(alone) == [2]
    assert [one.score for one in alone] == [one.score for one in watched]


@pytest.mark.parametrize("period_s", [10.0, 60.0])
def test_a_camera_that_shakes_by_three_pixels_raises_no_alarm(eyes: Eyes, period_s: float) -> None:
    rng = np.random.default_rng(2)
    shaken = [moved(STATIC, *rng.uniform(-3.0, 3.0, 2)) for _ in range(15)]
    watched = play(watcher_of(eyes), shaken, period_s)
    # At 10 s the first two frames are by themselves: a static thing has two hits there and never a third.
    assert phases(watched) == []
    assert sum(one.candidates is None for one in watched) == (2 if period_s == 10.0 else 1)


@pytest.mark.parametrize(("period_s", "first_look"), [(10.0, 9), (20.0, 9), (60.0, 9)])
def test_frames_of_ten_and_of_sixty_seconds_confirm_with_three_hits(
    eyes: Eyes, period_s: float, first_look: int
) -> None:
    watched = play(watcher_of(eyes), growing(first_look - 2, 8), period_s)
    assert opened(watched) == [first_look]


def test_a_fast_camera_has_no_more_proof_in_a_second_than_a_slow_one(eyes: Eyes) -> None:
    """Frames of one moment show the same gust or bird: from the first hit to the confirming one it takes 20 s."""
    watched = play(watcher_of(eyes), growing(40, 40, 0.2), 1.0)
    (at,) = opened(watched)
    assert 60 <= at <= 66
    looked_at = [number for number, one in enumerate(watched) if one.candidates is not None]
    assert all(later - earlier >= 4 for earlier, later in itertools.pairwise(looked_at))
    flash = [VIEW] * 40 + [with_blob(VIEW, HERE, 24.0)] * 12 + [VIEW] * 30
    assert opened(play(watcher_of(eyes), flash, 1.0)) == []


def test_a_fire_that_burns_on_is_in_its_own_past_and_does_not_end(eyes: Eyes) -> None:
    fire = growing(4, 5)
    watched = play(watcher_of(eyes), fire + fire[-1:] * 21)
    assert [phase for _, phase in phases(watched)][:1] == ["opened"]
    assert "ended" not in [phase for _, phase in phases(watched)]
    last = watched[-1].candidates
    assert last is not None
    assert last.scores[0] < 0.5 < last.detected[0]
    assert phases(watched)[-1][0] >= 24


def test_a_fire_that_is_out_ends(eyes: Eyes) -> None:
    watched = play(watcher_of(eyes), growing(4, 6) + [VIEW] * 8)
    assert next(phase for _, phase in phases(watched)) == "opened"
    assert [phase for _, phase in phases(watched)][-1] == "ended"


def test_beside_a_fire_what_always_stood_there_opens_nothing(eyes: Eyes) -> None:
    stood = with_blob(VIEW, (20.0, 20.0), 24.0)
    fire = [with_blob(stood, HERE, 24.0 + 2.0 * number) for number in range(10)]
    watched = play(watcher_of(eyes), [stood] * 4 + fire)
    assert len(opened(watched)) == 1, [[look.box for look in change.looks] for one in watched for change in one.changes]


def test_a_plume_that_the_detector_scores_too_low_is_looked_at_because_it_came(eyes: Eyes) -> None:
    """At level 170 the detector says 0.05 at most, below all that is looked at; the verifier sees that it is new."""
    dim = [VIEW] * 4 + [with_blob(VIEW, HERE, 8.0 + 4.0 * number, 170.0) for number in range(5)]
    watched = play(watcher_of(eyes), dim)
    found = watched[6].candidates
    assert found is not None
    assert found.from_detector == 0
    assert found.detected[0] < 0.2
    assert opened(watched) == [6]
    assert opened(play(watcher_of(Eyes(eyes.detector, eyes.verifier, changes=0)), dim)) == []
    assert opened(play(watcher_of(Eyes(eyes.detector)), dim)) == []


def test_a_changed_place_has_the_best_logit_of_the_detector_inside_it(eyes: Eyes) -> None:
    watched = play(watcher_of(eyes), [VIEW] * 4 + [with_blob(VIEW, HERE, 16.0, 170.0)])
    found = watched[-1].candidates
    assert found is not None
    scan = eyes.detector.scan(noisy(with_blob(VIEW, HERE, 16.0, 170.0), 4))
    middles = (scan.boxes[:, :2] + scan.boxes[:, 2:]) / 2.0
    (x0, y0, x1, y1) = found.boxes[0]
    inside = (middles[:, 0] >= x0) & (middles[:, 0] <= x1) & (middles[:, 1] >= y0) & (middles[:, 1] <= y1)
    nearest = np.hypot(*(middles - [(x0 + x1) / 2.0, (y0 + y1) / 2.0]).T).argmin()
    wanted = scan.scores[inside].max() if inside.any() else scan.scores[nearest]
    assert found.detected[0] == pytest.approx(wanted, abs=1e-6)


def failing(eyes: Eyes, fails: Callable[[int], Exception | None]) -> Eyes:
    """Let the verifier fail on some of its calls."""
    assert eyes.verifier is not None
    logits, calls = eyes.verifier.logits, [0]

    def moody(clips: Picture) -> npt.NDArray[np.float64]:
        calls[0] += 1
        err = fails(calls[0])
        if err is not None:
            raise err
        return logits(clips)

    eyes.verifier.logits = moody  # type: ignore[method-assign]
    return eyes


@pytest.mark.parametrize("err", [ModelError("range.onnx", "no"), cv2.error("no"), ValueError("odd"), MemoryError()])
def test_a_verifier_that_fails_mutes_nothing(
    range_model: Path, err: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    eyes = failing(Eyes.load(range_model, threads=1), lambda _: err)
    watcher = watcher_of(eyes)
    watched = play(watcher, [VIEW] * 2 + [STATIC] * 4)
    assert opened(watched) == [4], "by the frame alone, as without a verifier"
    assert all(one.candidates is None for one in watched)
    assert watcher.failed == caplog.messages.count("verifier.failed") > 0
    assert caplog.records[-1].__dict__["camera_id"] == "north"


def test_one_failure_costs_one_frame(range_model: Path) -> None:
    model_error = ModelError("range.onnx", "no")
    eyes = failing(Eyes.load(range_model, threads=1), lambda call: model_error if call == 2 else None)
    watched = play(watcher_of(eyes), growing(5, 6))
    assert sum(one.candidates is None for one in watched) == 2
    assert opened(watched) == [7]


def test_after_the_view_has_turned_each_frame_counts_by_itself_until_there_is_a_past(eyes: Eyes) -> None:
    other = with_blob(landscape(seed=8), (100.0, 100.0), 24.0)
    watched = play(watcher_of(eyes), [VIEW] * 5 + [other] * 8)
    assert [one.candidates is None for one in watched] == [True] + [False] * 4 + [True] * 3 + [False] * 5
    # The first stage stood alone three times, and three hits are what it asks for.
    assert opened(watched) == [7]


def test_when_the_clock_is_set_back_the_past_is_forgotten(eyes: Eyes, caplog: pytest.LogCaptureFixture) -> None:
    watcher = watcher_of(eyes)
    play(watcher, [VIEW] * 4, first_s=3600.0)
    again = play(watcher, [STATIC] * 6, first_s=0.0)
    assert again[0].candidates is None
    assert opened(again) == []
    assert "clock.set_back" in caplog.messages


def test_two_views_have_two_pasts(eyes: Eyes) -> None:
    """One detector, two poses in turn: neither sees the other's frames in its past."""
    north, south = watcher_of(eyes), watcher_of(eyes)
    other = with_blob(landscape(seed=8), (100.0, 100.0), 24.0)
    found: list[tuple[str, int]] = []
    for number in range(10):
        at = START + timedelta(seconds=30 * number)
        for name, watcher, picture in (("north", north, growing(4, 6)[number]), ("south", south, other)):
            watched = watcher.look(pixel_frame(noisy(picture, number), at))
            assert (watched.candidates is None) is (number == 0)
            found += [(name, number) for change in watched.changes if change.phase.value == "opened"]
    assert found == [("north", 6)]


def test_where_time_is_short_what_was_not_looked_at_counts_by_itself(eyes: Eyes) -> None:
    crowd = VIEW
    for x in (60.0, 140.0, 220.0, 300.0):
        crowd = with_blob(crowd, (x, 140.0), 24.0)
    usual = play(watcher_of(eyes), [crowd] * 8)
    assert opened(usual) == []
    watcher = watcher_of(eyes)
    short = [
        watcher.look(pixel_frame(noisy(crowd, number), START + timedelta(seconds=60 * number)), 2)
        for number in range(8)
    ]
    assert short[-1].candidates is not None
    assert short[-1].candidates.from_detector == 2
    assert len(opened(short)) == 2


@pytest.mark.parametrize("size", [(320, 240), (17, 16), (16, 12), (8, 8), (3000, 20)])
def test_odd_pictures_are_judged_or_fail_open(eyes: Eyes, size: tuple[int, int]) -> None:
    watcher, rng = watcher_of(eyes), np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8) for _ in range(3)]
    assert len(play(watcher, [*pictures, *pictures])) == 6


def test_settings_of_the_confirmation_hold_for_both_rules(eyes: Eyes) -> None:
    chosen = ConfirmationSection(threshold=0.9, hits=2, window=4, window_s=30.0)
    rules, verified = rules_of(chosen, eyes.detector.spec), verified_rules_of(chosen, eyes.temporal)
    assert verified is not None
    assert (rules.threshold, rules.hits, rules.window, rules.span_s) == (0.9, 2, 4, 0.0)
    assert (verified.threshold, verified.hits, verified.window, verified.span_s) == (0.9, 2, 4, 15.0)
    assert verified.step_s == pytest.approx(5.0)
    assert verified_rules_of(chosen, None) is None


def test_rules_of_frames_played_faster_count_the_seconds_of_their_scene(eyes: Eyes) -> None:
    real, played = ConfirmationSection(), ConfirmationSection(speed=20.0)
    spec, temporal = eyes.detector.spec, eyes.temporal
    for usual, fast in (
        (rules_of(real, spec), rules_of(played, spec)),
        (verified_rules_of(real, temporal), verified_rules_of(played, temporal)),
    ):
        assert usual is not None
        assert fast == replace(usual, window_s=usual.window_s / 20.0, span_s=usual.span_s / 20.0)


def written(folder: Path, pictures: Sequence[Picture]) -> Path:
    folder.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{60 * number - 300:+06d}.png"), noisy(picture, number))
    return folder


def reported_by_a_node(folder: Path, eyes: Eyes, tiles: TilesWanted | None = None) -> FakePublisher:
    publisher, monitor = FakePublisher(), CameraMonitor(CameraId("north"), 60.0, 0.0)
    inbox = Inbox([monitor.camera_id])
    watcher = watcher_of(eyes, sight=sight_of(eyes, tiles, TileTime(1e6)))
    pipeline = Pipeline(
        {monitor.camera_id: Watch(watcher, monitor)}, inbox, Handover(publisher), np.random.default_rng(1)
    )
    source = FolderSource(folder, START, 60.0)
    with contextlib.suppress(EndOfRecording):
        while True:
            pipeline.look(monitor.camera_id, source.read(1.0))
    return publisher


def told(sightings: Sequence[Sighting]) -> list[object]:
    first = sightings[0].observed_at
    return [
        (one.phase, one.revision, one.observed_at - first, one.score, [(k.box, k.score) for k in one.looks])
        for one in sightings
    ]


def test_the_node_and_replay_tell_the_same_of_the_same_frames(range_model: Path, tmp_path: Path) -> None:
    """What is measured on stored sequences is what a tower would have sent."""
    stood = with_blob(VIEW, (20.0, 20.0), 24.0)
    fire = [with_blob(stood, HERE, 24.0 + 2.0 * number) for number in range(8)]
    folder = written(tmp_path / "frames", [*[stood] * 5, *fire, *fire[-1:] * 8, *[stood] * 8])
    eyes = Eyes.load(range_model, threads=1)
    replayed = [change for _, watched, _ in _replay(list_frames(folder), eyes) for change in watched.changes]
    publisher = reported_by_a_node(folder, eyes)
    assert {one.phase.value for one in replayed} == {"opened", "growing", "ended"}
    assert told(publisher.sightings) == told(replayed)
    assert publisher.pictures


def test_replay_finds_in_tiles_what_the_node_finds_in_them(
    range_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plume too small for the whole frame: five tiles of the network's size lie along the horizon."""
    stood = landscape(576, 432)
    fire = [with_blob(stood, (264.0, 224.0), 10.0 + number) for number in range(6)]
    folder = written(tmp_path / "frames", [*[stood] * 4, *fire])
    eyes, tiles = Eyes.load(range_model, threads=1), TilesWanted(140.0, horizon=0.5)
    stored = list_frames(folder)
    alone = [change for _, watched, _ in _replay(stored, eyes) for change in watched.changes]
    replayed = [change for _, watched, _ in _replay(stored, eyes, tiles) for change in watched.changes]
    assert alone == []
    assert replayed[0].phase.value == "opened"
    assert told(reported_by_a_node(folder, eyes, tiles).sightings) == told(replayed)
    command = ["replay", "--model", str(range_model), "--hfov-deg", "140", "--horizon", "0.5", str(folder)]
    assert main(command) == 0
    assert "sightings: 1" in capsys.readouterr().out
    assert main([*command, "--no-tiles"]) == 0
    assert "sightings: 0" in capsys.readouterr().out


def test_the_node_tells_of_its_second_stage_in_the_log_and_not_in_its_vitals(
    range_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monitor = CameraMonitor(CameraId("north"), 60.0, 0.0)
    inbox = Inbox([monitor.camera_id])
    watches = {monitor.camera_id: Watch(watcher_of(Eyes.load(range_model, threads=1)), monitor)}
    pipeline = Pipeline(watches, inbox, Handover(FakePublisher()), np.random.default_rng(1))
    pipeline._pace._told_at_s -= 600.0
    for number in range(8):
        for _ in range(2 if number in {5, 6} else 1):
            inbox.put(monitor.camera_id, pixel_frame(noisy(STATIC, number), START + timedelta(seconds=60 * number)))
        taken = inbox.take(1.0)
        assert taken is not None
        pipeline.look(*taken)
    assert "temporal.pace" in caplog.messages
    (line,) = [record for record in caplog.records if record.msg == "temporal.places"]
    assert (line.levelname, line.__dict__["most"], line.__dict__["of"]) == ("WARNING", 2, 4)
    assert monitor.vitals(1.0, START).frames_scored == 8
