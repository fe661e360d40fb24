"""Frames made from photographs: only from those that training may see, labelled as they are, and the same again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from frame_folders import picture

from firewatch.scene import Composite, PhotoPlume, Wind
from firewatch.scene.layer import NOTHING_SEEN, PlumeTruth
from firewatch_edge.detect import AGES_S
from models.ablation import KINDS, USUAL, VARIANTS, Outcome, keep_kinds, link_made, made_rows, table, write_table
from models.data.clips import draw_clip, weathered_view
from models.data.frames import Frame, load_annotated
from models.data.photographs import (
    Photographs,
    add_frames,
    clear_view,
    draw_hard,
    load_photographs,
    ridge_before,
    stands_out,
)
from models.data.rows import finished, write
from models.make import main

if TYPE_CHECKING:
    from pathlib import Path

BOX = [100.0, 60.0, 60.0, 60.0]


def view(seed: int, shade: int = 0) -> np.ndarray:
    picture = np.empty((200, 320, 3), np.float32)
    picture[:36] = 185 - shade
    picture[36:] = (45, 60, 55)
    picture += np.random.default_rng(seed).normal(0.0, 1.5, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def smoky(seed: int) -> np.ndarray:
    y, x = np.mgrid[0:200, 0:320].astype(np.float32)
    middle = 122.0 + (115.0 - y) * 0.35
    part = 0.8 * np.exp(-0.5 * np.square((x - middle) / (4.0 + (115.0 - y).clip(0.0) * 0.12)))
    part = (part * np.clip((116.0 - y) / 4.0, 0.0, 1.0) * np.clip((y - 66.0) / 20.0, 0.0, 1.0))[..., None]
    light = np.square(view(seed).astype(np.float32) / 255.0)
    return np.rint(np.sqrt(light * (1.0 - part) + 0.6 * part) * 255.0).astype(np.uint8)


def annotate(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "annotations.json").write_text(json.dumps({"images": rows}), encoding="utf-8")


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out a small tree like the real one; its held-out picture is cut off, so that reading it would show."""
    root = tmp_path_factory.mktemp("real")
    rows = []
    for number in range(3):
        save(root / "train" / f"clear{number}.png", view(number))
        rows.append({"file": f"clear{number}.png", "image_label": "none", "boxes": [], "camera": f"c{number}"})
        save(root / "train" / f"smoke{number}.png", smoky(number))
        row = {"file": f"smoke{number}.png", "image_label": "smoke", "boxes": [BOX], "camera": f"c{number}"}
        rows.append(row | {"sequence": f"fire{number % 2}"})
    save(root / "train" / "undrawn.png", smoky(3))
    save(root / "train" / "tiny.png", smoky(4))
    rows.append({"file": "undrawn.png", "image_label": "smoke", "boxes": None, "camera": "c1"})
    rows.append(rows[1] | {"file": "tiny.png", "boxes": [[100.0, 60.0, 5.0, 5.0]], "sequence": "tiny"})
    annotate(root / "train", rows)
    save(root / "empty" / "e.png", view(9, 30))
    save(root / "empty" / "held.png", view(8))
    # Its size can be read, its picture cannot.
    (root / "empty" / "held.png").write_bytes((root / "empty" / "held.png").read_bytes()[:60])
    empty = {"image_label": "none", "boxes": []}
    annotate(
        root / "empty",
        [
            {"file": "e.png", "camera": "e", "subset": "train", **empty},
            {"file": "held.png", "camera": "h", "subset": "val", **empty},
        ],
    )
    sequence = root / "sequences" / "train" / "fire0"
    times = (-120, -60, 0, 60)
    for t in times:
        save(sequence / f"{t:+06d}.png", smoky(20) if t > 0 else view(200 + t))
    frames = [{"file": f"{t:+06d}.png", "t": t} for t in times]
    (sequence / "index.json").write_text(json.dumps({"first_smoke_visible_t": 30, "frames": frames}), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def photographs(real: Path) -> Photographs:
    return load_photographs(real, with_fires=True)


def test_fires_are_cut_only_from_drawn_smoke_that_is_large_enough(photographs: Photographs) -> None:
    assert [len(fire) for fire in photographs.fires] == [2, 1]


def test_clear_photographs_are_those_without_smoke_of_the_training_part(photographs: Photographs) -> None:
    assert photographs.clear.cameras == ["c0", "c1", "c2", "e", "fire0"]
    assert len(photographs.clear) == 3 + 1 + 2


def test_the_clear_view_is_the_median_before_ignition(real: Path) -> None:
    frames = load_annotated(real / "train")
    assert clear_view([frame for frame in frames if frame.label == "smoke"]) is None
    median = clear_view([frame for frame in frames if frame.label == "none"])
    assert median is not None
    assert np.abs(median.astype(int) - view(0)).mean() < 3.0


def test_each_kind_is_written_named_and_labelled_and_goes_on_where_it_stopped(
    photographs: Photographs, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = []
    for kind in ("composite", "moved_smoke", "hard_negative"):
        add_frames(kind, photographs, tmp_path, rows, 1)
    first = finished(tmp_path)
    assert [row["source"] for row in first] == ["composite", "moved_smoke", "hard_negative"]
    add_frames("moved_smoke", photographs, tmp_path, first, 3)
    whole, kept = finished(tmp_path), (tmp_path / "moved_2.jpg").read_bytes()
    assert [row["source"] for row in whole].count("moved_smoke") == 3
    again: list[dict[str, Any]] = []
    other = tmp_path / "other"
    other.mkdir()
    add_frames("moved_smoke", photographs, other, again, 3)
    assert (other / "moved_2.jpg").read_bytes() == kept
    assert again[2] == whole[-1]
    for frame in load_annotated(tmp_path, "train"):
        assert frame.has_smoke == (frame.source != "hard_negative")
        assert frame.boxes is not None
        assert len(frame.boxes) == int(frame.has_smoke)
        image = cv2.imread(str(frame.path))
        assert image is not None
        assert frame.boxes.max(initial=0.0) <= max(image.shape)
    assert all(row["subset"] == "train" for row in whole)


def test_hard_frames_name_what_was_laid_over_them(photographs: Photographs) -> None:
    for seed in range(8):
        _, made, kinds = draw_hard(np.random.default_rng(seed), "hard_negative", photographs)
        assert made.truth == NOTHING_SEEN
        assert 1 <= len(kinds) <= 2


def test_smoke_on_broken_ground_must_be_stronger() -> None:
    even, broken = np.full((80, 80, 3), 90, np.uint8), np.full((80, 80, 3), 90, np.uint8)
    broken[:] = np.random.default_rng(0).integers(20, 160, (80, 80, 1))
    truth = PlumeTruth((20.0, 20.0, 60.0, 60.0), 1600, 0.3, 0.2)
    laid = [np.clip(ground.astype(int) + 14, 0, 255).astype(np.uint8) for ground in (even, broken)]
    assert stands_out(even, Composite(laid[0], truth))
    assert not stands_out(broken, Composite(laid[1], truth))
    assert not stands_out(even, Composite(laid[0], NOTHING_SEEN))


def test_the_ridge_before_a_smoke_has_the_skylines_shape() -> None:
    line = np.linspace(50.0, 70.0, 320, dtype=np.float32)
    plume = PhotoPlume(160.0, 61.0, 0.1, 100.0, Wind(2.0, 270.0))
    assert ridge_before(plume, line) is None
    behind = PhotoPlume(160.0, 61.0, 0.1, 100.0, Wind(2.0, 270.0), hidden_below_px=58.0)
    ridge = ridge_before(behind, line)
    assert ridge is not None
    assert ridge[160] == pytest.approx(58.0)
    np.testing.assert_allclose(np.diff(ridge), np.diff(line), atol=1e-4)


def test_clips_are_drawn_with_and_without_smoke_and_follow_from_the_generator(photographs: Photographs) -> None:
    seen, picture = 0, view(3)
    for seed in range(8):
        first, again = (draw_clip(np.random.default_rng(seed), picture, photographs, smoke=True) for _ in range(2))
        np.testing.assert_array_equal(first.frame(590.0).image, again.frame(590.0).image)
        assert not first.frame(0.0).truth.visible
        seen += first.frame(600.0).truth.visible
        clear = draw_clip(np.random.default_rng(seed), picture, photographs, smoke=False)
        assert clear.smoke is None
        assert not clear.frame(300.0).truth.visible
    assert seen >= 2


def test_a_weathered_view_has_a_past_of_its_own_photograph(photographs: Photographs, tmp_path: Path) -> None:
    broken_ground = np.random.default_rng(1).integers(30, 120, (36, 64, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "hill.png"), cv2.resize(broken_ground, (640, 360), interpolation=cv2.INTER_NEAREST))
    frame = Frame(tmp_path / "hill.png", "none", camera="hill")
    first, again = (weathered_view(frame, photographs, np.random.default_rng(2)) for _ in range(2))
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first.image, again.image)
    assert (first.camera, first.path, first.is_clear) == ("hill", str(frame.path), True)
    assert first.past.ages_s == AGES_S
    assert all(past.shape == first.image.shape and (past != first.image).any() for past in first.past.images)


def test_the_command_makes_all_kinds_and_again_nothing(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made"
    words = ["make", "--out", str(out), "--places", "0", "--photos", str(real), "--composites", "1", "--moved", "1"]
    monkeypatch.setattr("sys.argv", [*words, "--hard", "1"])
    main()
    assert "moved_smoke: 1 of 1" in capsys.readouterr().out
    stamp = (out / "annotations.json").stat().st_mtime_ns
    main()
    assert (out / "annotations.json").stat().st_mtime_ns == stamp
    assert {row["source"] for row in finished(out)} == {"composite", "moved_smoke", "hard_negative"}


def test_variants_take_the_rows_of_their_kinds_with_their_pictures(tmp_path: Path) -> None:
    sources = [*KINDS.values(), "composite"]
    rows = [{"file": f"{n}.jpg", "source": s, "subset": "train"} for n, s in enumerate(sources)]
    write(tmp_path, [*rows, {"file": "held.jpg", "source": "composite", "subset": "val"}])
    found = made_rows([tmp_path])
    assert len(found) == len(rows)
    picture(tmp_path / "0.jpg")
    (tmp_path / "run").mkdir()
    for _ in range(2):  # a run that is started again
        link_made(tmp_path / "run", [tmp_path])
    write(tmp_path / "run", [found[0] | {"image_label": "none"}])
    (frame,) = load_annotated(tmp_path / "run")
    assert frame.path.read_bytes() == (tmp_path / "0.jpg").read_bytes()
    assert keep_kinds(found, VARIANTS["real"]) == []
    assert len(keep_kinds(found, VARIANTS["composites"])) == 2
    assert len(keep_kinds(found, VARIANTS["all-but-composites"])) == 3
    assert keep_kinds(found, VARIANTS["all"]) == found
    assert set(USUAL) < set(VARIANTS)
    with pytest.raises(SystemExit, match=r"models\.make"):
        made_rows([tmp_path / "nothing"])


def test_the_table_shows_means_and_the_range_over_seeds(tmp_path: Path) -> None:
    outcomes = [
        Outcome("real", 1, {"auroc": 0.7, "ap50": 0.1}),
        Outcome("real", 2, {"auroc": 0.8, "ap50": 0.2}),
        Outcome("all", 1, {"auroc": 0.9, "ap50": 0.3}),
    ]
    lines = table(outcomes).splitlines()
    assert lines[2] == "| real | 2 | 0.750 (0.700 to 0.800) | 0.150 (0.100 to 0.200) |"
    assert lines[3] == "| all | 1 | 0.900 | 0.300 |"
    write_table(tmp_path, outcomes)
    assert json.loads((tmp_path / "ablation.json").read_text())["runs"][2]["auroc"] == 0.9
    assert cv2.imread(str(tmp_path / "ablation.png")) is not None
