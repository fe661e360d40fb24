"""What is wrong in a folder of frames is refused, with the file, the image and what is allowed; nothing is dropped."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from frame_folders import annotated, coco, exported, picture, row, yolo

from firewatch.errors import DatasetError
from models.data import Form, Reading, inspect_folder, load_annotated, load_folder, load_sequence

if TYPE_CHECKING:
    from pathlib import Path

WRONG_BOXES = [
    ([10, 8, -5, 12], "has no area"),
    ([10, 8, 0, 12], "has no area"),
    ([-3, 8, 20, 12], "reaches outside the image of 64 x 48"),
    ([50, 8, 20, 12], "reaches outside the image of 64 x 48"),
    ([10, 40, 20, 12], "reaches outside the image of 64 x 48"),
    ([64.2, 8, 0.2, 12], "nothing inside"),
    ([10, 8, math.nan, 12], "must be a finite number"),
    ([10, 8, math.inf, 12], "must be a finite number"),
    ([10, 8, 10**400, 12], "must be a finite number"),
    ([10, 8, "20", 12], "must be a number"),
    ([10, 8, True, 12], "must be a number"),
    ([10, 8, 20], r"must be \[x, y, width, height\]"),
    ({"x": 1}, r"must be \[x, y, width, height\]"),
]


@pytest.mark.parametrize(("box", "why"), WRONG_BOXES)
def test_a_broken_box_of_our_own_form_is_refused(tmp_path: Path, box: Any, why: str) -> None:
    annotated(tmp_path, [row("good.png"), row("bad.png", boxes=[[1, 1, 5, 5], box])])
    with pytest.raises(DatasetError, match=rf"annotations\.json: bad\.png: .*{why}") as caught:
        load_annotated(tmp_path)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(("box", "why"), WRONG_BOXES)
def test_a_broken_box_of_coco_is_refused(tmp_path: Path, box: Any, why: str) -> None:
    coco(tmp_path, annotations=[{"id": 1, "image_id": "b", "category_id": 3, "bbox": box}])
    with pytest.raises(DatasetError, match=rf"instances_train\.json: b\.png: .*{why}"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 0.5 0.5 -0.2 0.2", "has no area"),
        ("0 0.95 0.5 0.2 0.2", "reaches outside"),
        ("0 0.5 1.5 0.2 0.2", "reaches outside"),
        ("0 nan 0.5 0.2 0.2", "must be a finite number"),
        ("0 0.5 inf 0.2 0.2", "must be a finite number"),
        ("0 0,5 0.5 0.2 0.2", "is no number"),
        ("1 0.5 0.5 0.2 0.2", "class '1'; the classes: 0 0"),
        ("-1 0.5 0.5 0.2 0.2", "class '-1'"),
        ("0.0 0.5 0.5 0.2 0.2", "class '0.0'"),
        ("smoke 0.5 0.5 0.2 0.2", "class 'smoke'"),
        ("0 0.5 0.5 0.2", "has 4 fields"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2", "has 7 fields"),
    ],
)
def test_a_broken_line_of_yolo_is_refused(tmp_path: Path, line: str, why: str) -> None:
    yolo(tmp_path, {"a.txt": "0 .5 .5 .1 .1", "b.txt": f"0 .5 .5 .1 .1\n{line}\n"})
    with pytest.raises(DatasetError, match=rf"labels/b\.txt: b\.png: line 2: .*{why}"):
        load_folder(tmp_path)


def test_a_box_that_rounding_put_half_a_pixel_outside_is_cut_at_the_edge(tmp_path: Path) -> None:
    (frame,) = load_annotated(annotated(tmp_path, [row("a.png", boxes=[[-0.4, 8, 20, 40.4]])]))
    assert frame.boxes is not None
    assert frame.boxes[0] == pytest.approx([0.0, 8.0, 19.6, 48.0])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"image_label": "fog"}, "image_label is 'fog'; it must be one of smoke, none, ignore"),
        ({"image_label": None}, "image_label is None"),
        ({"image_label": ["smoke"]}, r"image_label is \['smoke'\]"),
        ({"image_label": "none"}, "image_label is none, but there are 1 boxes"),
        ({"boxes": []}, "image_label is smoke, but boxes is empty"),
        ({"boxes": 3}, "boxes is 3; it must be a list"),
        ({"t_seconds": "60"}, "t_seconds is '60'; it must be a number"),
        ({"t_seconds": math.nan}, "t_seconds is nan"),
        ({"camera": 7}, "camera is 7; it must be text or null"),
        ({"observed_at": "2026-03-01T08:00:00"}, "without an offset from UTC"),
        ({"observed_at": "yesterday"}, "must be an ISO 8601 time"),
        ({"width": 65}, "width is 65, but the image is 64 x 48"),
        ({"height": "48"}, "height is '48'; it must be a number"),
    ],
)
def test_a_wrong_value_of_our_own_form_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    annotated(tmp_path, [row("a.png", **change)])
    with pytest.raises(DatasetError, match=rf"annotations\.json: a\.png: .*{why}"):
        load_annotated(tmp_path)


@pytest.mark.parametrize("name", ["../out.png", "/etc/hostname", "..", "a\\b.png", "a\0.png", "", None, 5])
def test_a_file_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: Any) -> None:
    picture(tmp_path / "out.png")
    annotated(tmp_path / "in", [])
    (tmp_path / "in" / "annotations.json").write_text(json.dumps({"images": [row(name)]}), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"file name .*; it must be"):
        load_annotated(tmp_path / "in")


def test_every_problem_is_told_and_not_only_the_first(tmp_path: Path) -> None:
    annotated(tmp_path, [row(f"{n}.png", boxes=[[1, 1, -1, 1]]) for n in range(25)])
    with pytest.raises(DatasetError, match=r"(?s)25 problem\(s\).*and 5 more") as caught:
        load_annotated(tmp_path)
    assert len(caught.value.problems) == 25
    assert len(inspect_folder(tmp_path).problems) == 25


def test_missing_listed_twice_and_broken_images_are_refused(tmp_path: Path) -> None:
    annotated(tmp_path, [row("a.png"), row("./a.png"), row("gone.png"), row("text.png"), row("x" * 300 + ".png")][:4])
    (tmp_path / "gone.png").unlink()
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        load_annotated(tmp_path)
    twice, gone, text = caught.value.problems
    assert "./a.png: is listed twice" in twice
    assert "gone.png: the image 'gone.png' is not there" in gone
    assert "text.png: cannot be read as an image" in text


def test_a_name_longer_than_the_system_takes_is_a_missing_image(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text(json.dumps({"images": [row("x" * 5000)]}), encoding="utf-8")
    with pytest.raises(DatasetError, match="is not there"):
        load_annotated(tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "is no JSON in UTF-8"),
        (b"\xff\xfe\x00", "is no JSON in UTF-8"),
        (b"[" * 100_000, "is no JSON in UTF-8"),
        (b"[1]", "holds a list; it must hold one JSON object"),
        (b"{}", "'images' is missing or no list"),
        (b'{"images": [3]}', r"images\[0\] is 3; it must be an object"),
        (b'{"images": []}', "holds no frame"),
    ],
)
def test_a_broken_label_file_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "annotations.json").write_bytes(content)
    with pytest.raises(DatasetError, match=why):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("head", "change", "why"),
    [
        ({"schema": "firewatch-labels/2"}, {}, "schema is 'firewatch-labels/2'; this program reads"),
        ({"exported_at": None}, {}, "exported_at is None"),
        ({}, {"observed_at": None}, "observed_at is None"),
        ({}, {"camera": ""}, "camera and sequence must say something"),
        ({}, {"sequence": None}, "camera and sequence must say something"),
    ],
)
def test_an_export_that_lacks_what_its_schema_says_is_refused(
    tmp_path: Path, head: dict[str, Any], change: dict[str, Any], why: str
) -> None:
    told = {"schema": "firewatch-labels/1", "exported_at": "2026-03-02T00:00:00+00:00"} | head
    annotated(tmp_path, [exported("a.png", **change)], **told)
    with pytest.raises(DatasetError, match=why):
        load_folder(tmp_path)


@pytest.mark.parametrize("key", ["tower", "verdict", "labelled_by", "box_source", "boxes", "image_label"])
def test_every_field_of_an_export_must_be_there(tmp_path: Path, key: str) -> None:
    rows = [{name: value for name, value in exported("a.png").items() if name != key}]
    annotated(tmp_path, rows, schema="firewatch-labels/1", exported_at="2026-03-02T00:00:00+00:00")
    with pytest.raises(DatasetError, match=rf"a\.png: lacks {key}; every row"):
        load_folder(tmp_path)


def images(**change: Any) -> list[dict[str, Any]]:
    return [{"id": "a", "file_name": "a.png"}, {"id": "b", "file_name": "b.png"} | change]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"images": images(id="a")}, r"b\.png: id 'a' is that of another image too"),
        ({"images": images(id=None)}, r"b\.png: id is None"),
        ({"images": images(id=True)}, r"b\.png: id is True"),
        ({"images": images(file_name="a.png")}, r"a\.png: is listed twice"),
        ({"images": images(file_name="gone.png")}, r"gone\.png: the image 'gone\.png' is not there"),
        ({"images": images(file_name="../a.png")}, r"must be relative"),
        ({"images": images(width=1)}, r"b\.png: width is 1, but the image is 64 x 48"),
        ({"annotations": [{"id": 9, "image_id": "c", "category_id": 3, "bbox": [1, 1, 2, 2]}]}, "image_id is 'c'"),
        ({"annotations": [{"id": 9, "image_id": "a", "category_id": 4, "bbox": [1, 1, 2, 2]}]}, "category_id is 4"),
        ({"annotations": [{"id": 9, "image_id": "a", "category_id": 3}]}, "box None; it must be"),
        (
            {"annotations": [{"id": 1, "image_id": "a", "category_id": 3, "bbox": [1, 1, 2, 2]}] * 2},
            "annotation 1: its id is",
        ),
        ({"annotations": [7]}, r"annotations\[0\] is 7"),
        ({"categories": [{"id": 3, "name": n} for n in ("smoke", "fire")]}, "an id or a name that another one has"),
        ({"categories": [{"id": "3", "name": "smoke"}]}, "must have a whole number as id"),
        ({"categories": []}, "the file's categories: none"),
    ],
)
def test_a_broken_coco_file_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    coco(tmp_path, **change)
    with pytest.raises(DatasetError, match=why):
        load_folder(tmp_path)


def test_a_broken_box_of_another_category_is_refused_too(tmp_path: Path) -> None:
    kinds = [{"id": 3, "name": "smoke"}, {"id": 4, "name": "fire"}]
    coco(tmp_path, categories=kinds, annotations=[{"id": 1, "image_id": "a", "category_id": 4, "bbox": [0, 0, 99, 9]}])
    with pytest.raises(DatasetError, match="reaches outside"):
        load_folder(tmp_path, Reading(category="smoke"))


def test_a_file_name_that_two_images_have_is_refused(tmp_path: Path) -> None:
    coco(tmp_path)
    picture(tmp_path / "train" / "a.png", 7)
    with pytest.raises(DatasetError, match=r"a\.png: there are 2 files of this name"):
        load_folder(tmp_path)


def test_a_broken_coco_file_in_its_folder_is_not_passed_over(tmp_path: Path) -> None:
    coco(tmp_path)
    (tmp_path / "annotations" / "instances_val.json").write_text("{", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"instances_val\.json: is no JSON"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("names: 3", "names is 3; it must list the classes"),
        ("names: []", r"names is \[\]"),
        ("names: [1, 2]", "it must list the classes"),
        ("names: {-1: smoke}", "it must list the classes"),
        ("nc: 1", "names is None"),
        ("nc: 2\nnames: [smoke]", "nc is 2, but there are 1 names"),
        ("names: [smoke", "is no YAML"),
        ("names: !!python/object/apply:os.getcwd []", "is no YAML"),
        ("[]", "names is None"),
        ("names: [smoke, smoke]", "name the one that is smoke"),
    ],
)
def test_a_broken_list_of_classes_is_refused(tmp_path: Path, data: str, why: str) -> None:
    yolo(tmp_path, {}, data)
    with pytest.raises(DatasetError, match=rf"data\.yaml: .*{why}"):
        load_folder(tmp_path)


def test_a_class_that_no_file_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no single class 'smoke'; the classes: none \(give data\.yaml"):
        load_folder(yolo(tmp_path, {}), Reading(category="smoke"))


def test_labels_without_an_image_and_images_that_share_a_label_are_refused(tmp_path: Path) -> None:
    yolo(tmp_path, {"c.txt": "0 .5 .5 .1 .1", "b.txt": "0 .5 .5 .1 .1"})
    picture(tmp_path / "images" / "b.jpg")
    (tmp_path / "images" / "notes.docx").write_text("x", encoding="utf-8")
    (tmp_path / "images" / ".hidden").write_text("x", encoding="utf-8")
    (tmp_path / "labels" / "a.txt").write_bytes(b"\xff\xfe0")
    with pytest.raises(DatasetError) as caught:
        load_folder(tmp_path)
    text, shared, stray, orphan = caught.value.problems
    assert text == "labels/a.txt: a.png: is no text in UTF-8"
    assert shared == "labels/b.txt: b.png: has the label file of b.jpg too; each image needs a name of its own"
    assert stray.startswith("images/notes.docx: notes.docx: is no image")
    assert orphan == "labels/c.txt: labels no image; it must be named as one"


@pytest.mark.parametrize(
    ("index", "why"),
    [
        ({"frames": []}, "first_smoke_visible_t is None"),
        ({"first_smoke_visible_t": 60}, "'frames' is missing"),
        ({"first_smoke_visible_t": 60, "frames": [{"t": "1", "file": "a.png"}]}, r"a\.png: t is '1'"),
        (
            {"first_smoke_visible_t": 60, "frames": [{"t": 1, "file": "b.png"}]},
            r"b\.png: the image 'b\.png' is not there",
        ),
        ({"first_smoke_visible_t": 60, "frames": [{"t": t, "file": "a.png"} for t in (1, 2)]}, "is listed twice"),
        ({"first_smoke_visible_t": 60, "frames": [{"t": 1, "file": "a.png"}] * 2}, "a second frame at t 1"),
    ],
)
def test_a_broken_sequence_is_refused(tmp_path: Path, index: dict[str, Any], why: str) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(DatasetError, match=rf"index\.json: .*{why}"):
        load_sequence(tmp_path)


def test_a_form_that_a_folder_does_not_have_is_refused(tmp_path: Path) -> None:
    for form in Form:
        with pytest.raises(DatasetError):
            load_folder(tmp_path, Reading(form))
