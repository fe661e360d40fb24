"""Folders of frames in every form are recognised and read to the same frames."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from frame_folders import HEIGHT, WIDTH, annotated, coco, exported, frame, picture, row, yolo
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from firewatch.errors import DatasetError
from models.data import Form, Frame, Reading, find_folders, load_annotated, load_folder, load_sequence, recognise
from models.data.folders import inspect_all
from models.data.pictures import image_size
from models.data.writing import write_annotated, write_coco, write_yolo

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("a.png", "deep/b.jpg", "deep/c.png")
SIZES = ((WIDTH, HEIGHT), (101, 57), (33, 90))


def same(read: tuple[Frame, ...] | list[Frame], wanted: list[Frame]) -> bool:
    """Tell whether paths, labels and boxes agree, to a thousandth of a pixel."""
    pairs = list(zip(read, wanted, strict=True))
    return all(
        one.path == other.path
        and one.label == other.label
        and (one.boxes is None) is (other.boxes is None)
        and (one.boxes is None or other.boxes is None or np.allclose(one.boxes, other.boxes, atol=1e-3))
        for one, other in pairs
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    for seed, (name, size) in enumerate(zip(NAMES, SIZES, strict=True)):
        picture(folder / "images" / name, seed, size)
    return folder


shares = st.floats(0.0, 0.8, allow_nan=False)
sides = st.floats(0.01, 0.2, allow_nan=False)
drawn = st.lists(st.tuples(shares, shares, sides, sides), max_size=3)


def frames_in(folder: Path, boxes: list[list[tuple[float, float, float, float]]]) -> list[Frame]:
    made = []
    for name, size, held in zip(NAMES, SIZES, boxes, strict=True):
        corners = [[x * size[0], y * size[1], (x + w) * size[0], (y + h) * size[1]] for x, y, w, h in held]
        made.append(frame(folder / name, boxes=corners, size=size, camera="hill:a", sequence="fire 1"))
    return made


@given(boxes=st.lists(drawn, min_size=3, max_size=3))
def test_frames_come_back_from_coco_as_they_were(pictures: Path, boxes: list[list[tuple[float, ...]]]) -> None:
    frames = frames_in(pictures / "images", boxes)  # type: ignore[arg-type]  # four numbers each
    write_coco(pictures / "images", frames)
    read = load_folder(pictures / "images")
    assert read.form is Form.COCO
    assert same(read.frames, frames)
    assert {(f.camera, f.sequence) for f in read.frames} == {("hill:a", "fire 1")}
    (pictures / "images" / "annotations.json").unlink()


@given(boxes=st.lists(drawn, min_size=3, max_size=3))
def test_frames_come_back_from_yolo_as_they_were(pictures: Path, boxes: list[list[tuple[float, ...]]]) -> None:
    frames = frames_in(pictures / "images", boxes)  # type: ignore[arg-type]  # four numbers each
    write_yolo(pictures, frames)
    read = load_folder(pictures)
    assert read.form is Form.YOLO
    assert same(read.frames, frames)


@given(
    boxes=drawn.filter(bool), label=st.sampled_from(["ignore", "smoke"]), kept=st.sampled_from(["drawn", "not drawn"])
)
def test_frames_come_back_from_our_own_form_as_they_were(
    pictures: Path, boxes: list[tuple[float, ...]], label: str, kept: str
) -> None:
    folder = pictures / "images"
    (first, *rest) = frames_in(folder, [boxes, [], []])  # type: ignore[list-item]  # four numbers each
    given_boxes = first.boxes if kept == "drawn" else None
    told = Frame(first.path, label, given_boxes, "hill:a", "us", "fire 1", -60.0, first.size, "val", "t1")
    write_annotated(folder, [told, *rest])
    read = load_annotated(folder)
    assert same(read, [told, *rest])
    assert (read[0].t_seconds, read[0].source, read[0].split, read[0].tower) == (-60.0, "us", "val", "t1")
    (folder / "annotations.json").unlink()


def test_a_form_that_knows_boxes_only_refuses_frames_that_it_cannot_tell(tmp_path: Path) -> None:
    path = picture(tmp_path / "images" / "a.png")
    for told in (Frame(path, "ignore"), Frame(path, "smoke", None)):
        with pytest.raises(DatasetError, match=r"a\.png: .*knows boxes only"):
            write_yolo(tmp_path, [told])
        with pytest.raises(DatasetError, match=r"a\.png: .*knows boxes only"):
            write_coco(tmp_path, [told])
    assert not (tmp_path / "labels").exists(), "nothing half-written"


def test_an_image_outside_the_folder_is_not_written_about(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(DatasetError, match="not in the folder"):
        write_annotated(tmp_path / "in", [Frame(picture(tmp_path / "out.png"), "none")])


def test_our_own_form_is_read_with_its_extra_fields(tmp_path: Path) -> None:
    rows = [
        row("a.png", t_seconds=60, licence="CC0", box_source="by hand", note="thin", subset="main", source="us"),
        row("b.png", image_label="smoke", boxes=None, subset="val"),
        row("c.png", image_label="none", boxes=[], width=WIDTH, height=HEIGHT),
        row("d.png", image_label="none", boxes=None),
        row("e.png", image_label="ignore", boxes=None),
    ]
    first, undrawn, clear, unsaid, unsure = load_annotated(annotated(tmp_path / "train", rows))
    assert (first.licence, first.box_source, first.note, first.split) == ("CC0", "by hand", "thin", "")
    assert first.size == (WIDTH, HEIGHT)
    assert first.boxes is not None
    assert first.boxes.tolist() == [[10, 8, 30, 20]]
    assert undrawn.boxes is None
    assert unsure.boxes is None
    for frame_ in (clear, unsaid):
        assert frame_.boxes is not None
        assert frame_.boxes.shape == (0, 4)
    assert [f.path.name for f in load_annotated(tmp_path / "train", "val")] == ["b.png"]
    assert [f.split for f in load_folder(tmp_path / "train").frames] == ["train", "val", "train", "train", "train"]


def test_the_export_of_the_command_centre_is_read_by_the_same_reader(tmp_path: Path) -> None:
    rows = [exported("a.png"), exported("b.png", image_label="none", boxes=[], verdict="no fire", box_source=None)]
    annotated(tmp_path / "labels-1", rows, schema="firewatch-labels/1", exported_at="2026-03-02T00:00:00Z")
    read = load_folder(tmp_path / "labels-1")
    assert read.form is Form.EXPORT
    fire, calm = read.frames
    assert (fire.tower, fire.verdict, fire.labelled_by, fire.split) == ("t1", "fire", "duty", "labels-1")
    assert fire.observed_at is not None
    assert fire.observed_at.isoformat() == "2026-03-01T08:00:00+08:00"
    assert (calm.label, calm.box_source) == ("none", "")


def test_coco_takes_one_category_as_smoke_and_tells_of_the_others(tmp_path: Path) -> None:
    coco(tmp_path)
    read = load_folder(tmp_path)
    assert [(f.path.name, f.label, f.split) for f in read.frames] == [
        ("a.png", "smoke", "train"),
        ("b.png", "none", "train"),
    ]
    notes = [{"id": n, "image_id": "ab"[n - 1], "category_id": n, "bbox": [1, 1, 5, 5]} for n in (1, 2)]
    coco(tmp_path, categories=[{"id": 1, "name": "fire"}, {"id": 2, "name": "smoke"}], annotations=notes)
    with pytest.raises(DatasetError, match=r"name the one that is smoke.*fire, smoke"):
        load_folder(tmp_path)
    with pytest.raises(DatasetError, match=r"no category 'fog'.*fire, smoke"):
        load_folder(tmp_path, Reading(category="fog"))
    read = load_folder(tmp_path, Reading(category="smoke"))
    assert [f.label for f in read.frames] == ["none", "smoke"]
    assert read.notes == ("instances_train.json: boxes of other categories than smoke left out: fire (1)",)


def test_yolo_takes_a_missing_or_empty_label_file_as_a_clear_frame(tmp_path: Path) -> None:
    yolo(tmp_path, {"a.txt": ""})
    assert [f.label for f in load_folder(tmp_path).frames] == ["none", "none"]
    yolo(tmp_path, {"a.txt": "0 0.5 0.5 0.25 0.5\n\n"})
    first, second = load_folder(tmp_path).frames
    assert first.boxes is not None
    assert first.boxes.tolist() == [[24, 12, 40, 36]]
    assert second.label == "none"


@pytest.mark.parametrize("names", ["names: [fire, smoke]", "names: {0: fire, 1: smoke}", None])
def test_yolo_finds_the_class_of_smoke_by_its_name(tmp_path: Path, names: str | None) -> None:
    yolo(tmp_path, {"a.txt": "1 .5 .5 .25 .5\n0 .2 .2 .1 .1", "b.txt": "0 .2 .2 .1 .1"}, names and f"{names}\nnc: 2\n")
    if names is None:
        (tmp_path / "classes.txt").write_text("fire\nsmoke\n", encoding="utf-8")
    read = load_folder(tmp_path, Reading(category="smoke"))
    assert [(f.label, 0 if f.boxes is None else len(f.boxes)) for f in read.frames] == [("smoke", 1), ("none", 0)]
    assert read.notes == ("labels: boxes of other classes than smoke left out: fire (2)",)
    with pytest.raises(DatasetError, match=r"name the one that is smoke.*fire, smoke"):
        load_folder(tmp_path)


def test_the_parts_of_a_yolo_folder_are_told_by_their_folders(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        yolo(tmp_path / part, {"a.txt": "0 .5 .5 .25 .5"})
    assert [p.name for p in find_folders(tmp_path)] == ["train", "valid"]
    (tmp_path / "data.yaml").write_text("names: [smoke]\n", encoding="utf-8")
    read = load_folder(tmp_path)
    assert [(f.split, f.label) for f in read.frames] == [(p, w) for p in ("train", "val") for w in ("smoke", "none")]
    (tmp_path / "one").mkdir()
    for kind in ("images", "labels"):
        (tmp_path / "valid" / kind).rename(tmp_path / "one" / kind)
    for kind, name in (("images", "a.png"), ("labels", "a.txt")):
        (tmp_path / "one" / kind / "test").mkdir()
        (tmp_path / "one" / kind / name).rename(tmp_path / "one" / kind / "test" / name)
    assert [(f.split, f.label) for f in load_folder(tmp_path / "one").frames] == [("one", "none"), ("test", "smoke")]


def test_a_sequence_is_read_in_time_order(tmp_path: Path) -> None:
    entries = [{"t": t, "file": picture(tmp_path / f"{t:+06d}.png", t + 100).name} for t in (120, -60, 0)]
    (tmp_path / "index.json").write_text(json.dumps({"first_smoke_visible_t": 60, "frames": entries}), encoding="utf-8")
    read = load_sequence(tmp_path)
    assert [(f.t_seconds, f.label, f.boxes is None) for f in read] == [
        (-60.0, "none", False),
        (0.0, "ignore", True),
        (120.0, "smoke", True),
    ]
    assert recognise(tmp_path) is Form.SEQUENCE


def test_a_folder_of_no_form_or_of_two_is_refused_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no known form of labels.*annotations\.json.*coco.*yolo.*index\.json"):
        recognise(tmp_path)
    with pytest.raises(DatasetError, match="is no folder"):
        recognise(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="no known form of labels here or up to 3 folders below"):
        find_folders(tmp_path)
    coco(yolo(tmp_path, {}))
    with pytest.raises(DatasetError, match=r"several forms of labels \(coco, yolo\); name one with --form"):
        recognise(tmp_path)
    assert load_folder(tmp_path, Reading(Form.YOLO)).form is Form.YOLO


def test_cameras_may_be_read_from_the_names_of_files(tmp_path: Path) -> None:
    yolo(tmp_path, {})
    naming = re.compile(r"(?P<camera>[ab])\.(?P<sequence>png)")
    read = load_folder(tmp_path, Reading(naming=naming))
    assert [(f.camera, f.sequence) for f in read.frames] == [("a", "png"), ("b", "png")]
    with pytest.raises(DatasetError, match=r"images/b\.png: its path tells no camera by the pattern"):
        load_folder(tmp_path, Reading(naming=re.compile(r"(?P<camera>a)\.png")))


def test_folders_below_are_read_with_names_and_splits_from_the_folder_given(tmp_path: Path) -> None:
    annotated(tmp_path / "all" / "train", [row("a.png")])
    annotated(tmp_path / "all" / "extra", [row("a.png", subset="val"), row("b.png")])
    read = inspect_all([tmp_path / "all"])
    assert [(d.name, [f.split for f in d.frames]) for d in read] == [("extra", ["val", "extra"]), ("train", ["train"])]


def test_the_nearest_folder_tells_the_part(tmp_path: Path) -> None:
    annotated(tmp_path / "train" / "inner" / "val", [row("a.png"), row("test/b.png")])
    (read,) = inspect_all([tmp_path / "train"])
    assert [f.split for f in read.frames] == ["val", "test"]


def test_the_size_is_that_of_the_picture_as_opencv_turns_it(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (40, 30)).save(path, exif=exif)
    image = cv2.imread(str(path))
    assert image is not None
    assert image_size(path) == (image.shape[1], image.shape[0]) == (30, 40)
