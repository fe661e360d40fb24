"""Sequences and rendered scenes: what is a confirmation in place, what a false episode, and that the node agrees."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporal_model import landscape, noisy, with_blob

from firewatch.domain.vision import Detections
from firewatch.errors import FirewatchError, InvalidValue
from firewatch_edge.cli import main as edge_main
from models.evaluate.episodes import Episodes, poisson_upper
from models.evaluate.eyes import EdgeEye
from models.evaluate.rendered import FIRST_EMPTY_SEED, frames_in, watch_empty
from models.evaluate.sequence_report import flagged_share, pooled, summarise
from models.evaluate.sequences import Fire, before_ignition, follow, judge, read_fire
from models.evaluate.watching import Moment, read_pictures, watch

if TYPE_CHECKING:
    from pathlib import Path

PLUME = (0.0, 0.0, 16.0, 16.0)
NOTHING = np.zeros((0, 4), np.float32)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def moment(at_s: float, *, opened: np.ndarray = NOTHING, confirmed: np.ndarray | None = None) -> Moment:
    return Moment(at_s, 0.5, Detections.none(), opened, opened if confirmed is None else confirmed)


def fire(drawn: dict[float, np.ndarray], visible_s: float = 60.0) -> Fire:
    return Fire("f", (), visible_s, drawn)


def write_sequence(real: Path, bright: dict[int, tuple[int, int]], *, visible_s: int, drawn: bool = True) -> Path:
    """Write grainy 128 x 96 frames from -300 s to 600 s, in some of which a cell of 16 pixels is bright."""
    folder = real / "sequences" / "train" / "hill"
    folder.mkdir(parents=True)
    (real / "train").mkdir()
    rows, images = [], []
    for at_s in range(-300, 601, 60):
        image = np.random.default_rng(at_s + 1000).integers(60, 70, (96, 128, 3), np.uint8)
        if at_s in bright:
            x, y = bright[at_s]
            image[y : y + 16, x : x + 16] = 250
        cv2.imwrite(str(folder / f"{at_s:+06d}.png"), image)
        rows.append({"t": at_s, "file": f"{at_s:+06d}.png"})
        if at_s >= visible_s and drawn:
            cv2.imwrite(str(real / "train" / f"{at_s}.png"), image)
            images.append(
                {
                    "file": f"{at_s}.png",
                    "image_label": "smoke",
                    "boxes": [[0, 0, 16, 16]],
                    "sequence": "hill",
                    "t_seconds": at_s,
                }
            )
    index = {"sequence": "hill", "split": "train", "first_smoke_visible_t": visible_s, "frames": rows}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    (real / "train" / "annotations.json").write_text(json.dumps({"images": images}), encoding="utf-8")
    return folder


def test_a_fire_is_confirmed_when_three_frames_show_it_in_place(tmp_path: Path, squares_model: Path) -> None:
    bright = dict.fromkeys(range(120, 601, 60), (0, 0))
    folder = write_sequence(tmp_path, bright, visible_s=60)
    outcome = follow(EdgeEye(squares_model, 1), read_fire(folder, tmp_path))
    assert outcome.confirmed_s == 240.0, "the third hit"
    assert outcome.after_visible_s == 180.0
    assert outcome.place_is_known
    assert (outcome.elsewhere, outcome.before) == (0, Episodes(0, 300 / 3600))


def test_a_confirmation_beside_the_smoke_is_no_confirmation(tmp_path: Path, squares_model: Path) -> None:
    folder = write_sequence(tmp_path, dict.fromkeys(range(120, 601, 60), (96, 64)), visible_s=60)
    outcome = follow(EdgeEye(squares_model, 1), read_fire(folder, tmp_path))
    assert outcome.confirmed_s is None
    assert outcome.elsewhere == 1
    assert summarise([outcome]).confirmed == 0


def test_without_drawn_boxes_the_first_sighting_after_ignition_counts_and_is_marked(
    tmp_path: Path, squares_model: Path
) -> None:
    folder = write_sequence(tmp_path, dict.fromkeys(range(120, 601, 60), (96, 64)), visible_s=60, drawn=False)
    outcome = follow(EdgeEye(squares_model, 1), read_fire(folder, tmp_path))
    assert outcome.confirmed_s == 240.0
    assert not outcome.place_is_known
    assert outcome.elsewhere is None


def test_what_opens_before_ignition_is_a_false_episode_and_never_the_fire(tmp_path: Path, squares_model: Path) -> None:
    bright = dict.fromkeys(range(-300, 601, 60), (96, 64))
    outcome = follow(EdgeEye(squares_model, 1), read_fire(write_sequence(tmp_path, bright, visible_s=60), tmp_path))
    assert outcome.before == Episodes(1, 300 / 3600)
    assert outcome.confirmed_s is None, "it goes on after ignition, but not where the smoke is"
    assert outcome.elsewhere == 0, "it had opened before"


@pytest.mark.parametrize(
    "bright", [{}, {120: (0, 0), 180: (0, 0), 240: (0, 0)}, dict.fromkeys(range(-300, 601, 60), (96, 0))]
)
def test_the_node_s_replay_says_the_same(
    tmp_path: Path, squares_model: Path, capsys: pytest.CaptureFixture[str], bright: dict[int, tuple[int, int]]
) -> None:
    folder = write_sequence(tmp_path, bright, visible_s=60)
    assert edge_main(["replay", "--model", str(squares_model), "--json", str(folder)]) == 0
    *told, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    times = [float(row["at_s"]) for row in told]
    moments = list(
        watch(EdgeEye(squares_model, 1), read_pictures([folder / f"{int(t):+06d}.png" for t in times], times), times)
    )
    assert [m.is_confirmed for m in moments] == [row["confirmed"] for row in told]
    assert [m.score for m in moments] == pytest.approx([row["score"] for row in told], abs=1e-6)
    assert sum(len(m.opened) for m in moments) == last["sightings"]
    assert next((m.at_s for m in moments if m.is_confirmed), None) == last["first_confirmed_at_s"]


def write_scene(folder: Path, came_at: int | None) -> list[Path]:
    """Write frames a minute apart of a bright disc that was always there, or that came at one of them and grows."""
    folder.mkdir()
    view, paths = landscape(), []
    for number in range(10):
        radius = 24.0 if came_at is None else 24.0 + 2.0 * (number - came_at)
        smoky = view if came_at is not None and number < came_at else with_blob(view, (180.0, 140.0), radius)
        paths.append(folder / f"{60 * number:+06d}.png")
        # The sixth picture is the fifth again, as a camera that hangs sends it.
        cv2.imwrite(str(paths[-1]), noisy(smoky, number) if number != 5 else cv2.imread(str(paths[-2])))
    return paths


@pytest.mark.parametrize("options", [[], ["--no-temporal"]])
@pytest.mark.parametrize("came_at", [None, 3])
def test_with_a_verifier_too_the_node_s_replay_says_the_same(
    tmp_path: Path, range_model: Path, capsys: pytest.CaptureFixture[str], options: list[str], came_at: int | None
) -> None:
    paths = write_scene(tmp_path / "view", came_at)
    command = ["replay", "--model", str(range_model), "--json", "--explain", *options, str(tmp_path / "view")]
    assert edge_main(command) == 0
    *told, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    times = [float(row["at_s"]) for row in told]
    eye = EdgeEye(range_model, 1, is_temporal=not options)
    moments = list(watch(eye, read_pictures(paths, times), times))
    assert [m.is_confirmed for m in moments] == [row["confirmed"] for row in told]
    assert [m.score for m in moments] == pytest.approx([row["score"] for row in told], abs=1e-6)
    assert sum(len(m.opened) for m in moments) == last["sightings"]
    assert next((m.at_s for m in moments if m.is_confirmed), None) == last["first_confirmed_at_s"]
    assert [m.verified_from is not None for m in moments] == [row["rule"] == "past" for row in told]
    for moment, row in zip(moments, told, strict=True):
        if row["rule"] == "past":
            chances = sorted((found["probability"] for found in row["candidates"]), reverse=True)
            assert moment.detections.scores.tolist() == pytest.approx(chances, abs=1e-6)
    # What always stood there is told from what came only by the past.
    assert last["sightings"] == (0 if came_at is None and not options else 1)


def test_what_a_frame_alone_and_what_its_past_says_count_from_their_own_thresholds() -> None:
    found = Detections(boxes(PLUME), np.array([0.6], np.float32))
    alone, compared = Moment(0.0, 0.9, found, NOTHING, NOTHING), Moment(0.0, 0.9, found, NOTHING, NOTHING, 0.5)
    assert [alone.is_flagged(0.7), alone.is_flagged(0.55)] == [False, True]
    assert compared.is_flagged(0.7)


def test_a_camera_that_hangs_confirms_nothing(tmp_path: Path, squares_model: Path) -> None:
    image = np.full((96, 128, 3), 60, np.uint8)
    image[:16, :16] = 250
    paths = [tmp_path / f"{n}.png" for n in range(6)]
    for path in paths:
        cv2.imwrite(str(path), image)
    times = [60.0 * n for n in range(6)]
    moments = list(watch(EdgeEye(squares_model, 1), read_pictures(paths, times), times))
    assert moments[-1].score > 0.9
    assert not any(m.is_confirmed for m in moments)


def test_the_true_box_moves_evenly_between_drawn_frames() -> None:
    known = fire({60.0: boxes((0, 0, 10, 10)), 180.0: boxes((20, 0, 50, 10))})
    assert known.truth_at(120.0).tolist() == [[10, 0, 30, 10]]
    assert known.truth_at(60.0).tolist() == [[0, 0, 10, 10]]
    assert known.truth_at(900.0).tolist() == [[20, 0, 50, 10]], "the last one holds"
    assert not len(known.truth_at(59.0)), "nobody sees it yet"
    two = fire({60.0: boxes((0, 0, 10, 10)), 180.0: boxes((0, 0, 10, 10), (50, 0, 60, 10))})
    assert len(two.truth_at(110.0)) == 1, "of different numbers the nearer holds"
    assert len(two.truth_at(130.0)) == 2


def test_a_sighting_opened_in_place_before_smoke_is_visible_waits_for_the_smoke() -> None:
    there = boxes(PLUME)
    moments = [moment(0.0, opened=there), moment(60.0, confirmed=there), moment(120.0, confirmed=there)]
    outcome = judge(fire({120.0: there}, visible_s=120.0), moments)
    assert outcome.confirmed_s == 120.0
    assert outcome.elsewhere == 1, "it was opened where nothing could be seen"


def test_before_ignition_every_sighting_is_false_over_the_time_watched() -> None:
    moments = [
        moment(-2400.0),
        moment(-1200.0, opened=boxes(PLUME, PLUME)),
        moment(-60.0),
        moment(0.0, opened=boxes(PLUME)),
    ]
    assert before_ignition(moments) == Episodes(2, 2 / 3)
    assert before_ignition(moments[-1:]) is None


@pytest.mark.parametrize(("count", "limit"), [(0, 2.9957), (1, 4.7439), (2, 6.2958), (5, 10.5130), (10, 16.9622)])
def test_the_upper_limit_is_the_published_one(count: int, limit: float) -> None:
    # One-sided 95 % limits of a Poisson mean: Gehrels (1986), ApJ 303, 336, table 1.
    assert poisson_upper(count) == pytest.approx(limit, abs=2e-3)


@given(st.integers(0, 200))
def test_at_the_upper_limit_so_few_events_have_a_chance_of_one_in_twenty(count: int) -> None:
    mean = poisson_upper(count)
    chance = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))
    assert chance == pytest.approx(0.05, rel=1e-6)


def test_rates_follow_from_count_and_hours() -> None:
    one = Episodes(2, 4.0)
    assert (one.an_hour, one.a_camera_day) == (0.5, 12.0)
    assert one.at_most_an_hour == pytest.approx(6.2958 / 4, rel=1e-3)
    assert pooled([one, Episodes(0, 2.0)]) == Episodes(2, 6.0)
    assert pooled([]) is None
    for count, hours in ((-1, 1.0), (0, 0.0), (0, math.nan)):
        with pytest.raises(InvalidValue):
            Episodes(count, hours)


def test_empty_scenes_are_watched_a_frame_a_minute_with_their_clouds_moving(squares_model: Path) -> None:
    told: list[int] = []
    views = list(watch_empty(EdgeEye(squares_model, 1), 4 / 60, lambda: told.append(1)))
    assert [view.seed for view in views] == [FIRST_EMPTY_SEED]
    assert [m.at_s for m in views[0].moments] == [0.0, 60.0, 120.0, 180.0]
    assert len(told) == 4
    assert views[0].episodes == Episodes(0, 4 / 60) or views[0].episodes.count > 0
    assert len({m.score for m in views[0].moments}) > 1, "no two frames are the same"
    assert 0.0 <= flagged_share(views, 0.5) <= 1.0
    assert frames_in(24) == 1440
    with pytest.raises(InvalidValue, match="a minute"):
        frames_in(0.001)


@pytest.mark.parametrize("text", ["{}", "no json", '{"frames": [], "first_smoke_visible_t": 0}'])
def test_a_folder_that_is_no_sequence_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text, encoding="utf-8")
    with pytest.raises(FirewatchError, match=r"index\.json"):
        read_fire(tmp_path, tmp_path)


def test_a_missing_frame_is_told_by_name(tmp_path: Path, squares_model: Path) -> None:
    folder = write_sequence(tmp_path, {}, visible_s=60)
    (folder / "+00060.png").unlink()
    with pytest.raises(FirewatchError, match=r"\+00060\.png"):
        follow(EdgeEye(squares_model, 1), read_fire(folder, tmp_path))
