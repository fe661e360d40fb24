"""A bureau's labels are looked through before they are trained on, and split so that nothing is seen twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.testing.pictures import drawn
from models.data.frames import load_annotated
from models.label_check import check_labels, main
from models.label_split import ALIKE_WITHIN, split_labels, write_split

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 4, 4, 4, tzinfo=UTC)


def entry(number: int, **changes: Any) -> dict[str, Any]:
    label = changes.get("image_label", "smoke")
    facts = {
        "file": f"frames/{number}.jpg",
        "width": 960,
        "height": 540,
        "image_label": label,
        "boxes": {"smoke": [[500.0, 200.0, 60.0, 90.0]], "none": [], "ignore": None}[label] if label else None,
        "camera": f"tower-a/{number % 3}",
        "sequence": f"fire-{number}",
        "observed_at": (START + timedelta(days=number)).isoformat(),
    }
    return facts | changes


def export(folder: Path, images: list[dict[str, Any]]) -> Path:
    (folder / "frames").mkdir(parents=True)
    for number, image in enumerate(images):
        if "/" in str(image["file"]):
            (folder / str(image["file"])).write_bytes(drawn(0.1 * (number % 10), number)[2])
    facts = {"schema": "firewatch-labels/1", "images": images}
    (folder / "annotations.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def test_a_sound_export_has_no_errors_and_is_counted_by_camera(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [entry(0), entry(1, image_label="none"), entry(2, image_label="ignore"), entry(3)]
    folder = export(tmp_path / "labels", images)
    assert check_labels(folder).errors == []
    assert main(["--labels", str(folder)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0].split() == ["tower-a/0", "smoke", "2", "none", "0", "ignore", "0"]
    assert "note: 2 fires: too few" in printed.out
    assert "note: cameras with smoke alone, or never: tower-a/0, tower-a/1" in printed.out


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"image_label": None}, "its label is None"),
        ({"image_label": "fire", "boxes": None}, "its label is 'fire'"),
        ({"image_label": "none", "boxes": [[1, 1, 5, 5]]}, "labelled none and has boxes"),
        ({"image_label": "none", "boxes": None}, "must be an empty list"),
        ({"boxes": [[900.0, 0.0, 61.0, 9.0]]}, "does not lie in 960 x 540"),
        ({"boxes": [[10.0, 10.0, 0.0, 9.0]]}, "does not lie in 960 x 540"),
        ({"boxes": [[10.0, 10.0, 9.0]]}, "is not x, y, width, height"),
        ({"width": 1920}, "960 x 540 pixels; 1920 x 540 are stated"),
        ({"camera": ""}, "no camera or no sequence"),
        ({"sequence": None}, "no camera or no sequence"),
        ({"observed_at": "at noon"}, "its observed_at is 'at noon'"),
        ({"file": "missing.jpg"}, "no such file in the folder"),
        ({"file": "../annotations.json"}, "no such file in the folder"),
    ],
)
def test_what_would_teach_the_wrong_thing_is_an_error(
    tmp_path: Path, changes: dict[str, Any], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    image = entry(1)
    folder = export(tmp_path / "labels", [entry(0), image])
    (tmp_path / "annotations.json").write_text("outside")
    listed = {"schema": "firewatch-labels/1", "images": [entry(0), image | changes]}
    (folder / "annotations.json").write_text(json.dumps(listed), encoding="utf-8")
    assert main(["--labels", str(folder)]) == 1
    assert why in capsys.readouterr().err


def test_damaged_and_doubled_pictures_are_errors(tmp_path: Path) -> None:
    folder = export(tmp_path / "labels", [entry(0), entry(1), entry(2, image_label="none")])
    (folder / "frames" / "0.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (folder / "frames" / "2.jpg").write_bytes((folder / "frames" / "1.jpg").read_bytes())
    errors = check_labels(folder).errors
    assert errors[0] == "frames/0.jpg: it is no picture that can be read"
    assert errors[1] == "one picture stands there twice: frames/1.jpg (smoke), frames/2.jpg (none)"


def test_smoke_without_boxes_is_only_a_note(tmp_path: Path) -> None:
    findings = check_labels(export(tmp_path / "labels", [entry(0, boxes=None)]))
    assert findings.errors == []
    assert "1 smoke frames have no boxes: they are not trained on" in findings.notes


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"schema": "firewatch-labels/2", "images": []}'])
def test_another_file_is_no_export(tmp_path: Path, content: str) -> None:
    (tmp_path / "annotations.json").write_text(content)
    assert len(check_labels(tmp_path).errors) == 1
    assert len(check_labels(tmp_path / "nowhere").errors) == 1


kinds = st.sampled_from(["smoke", "none", "ignore"])
frames = st.lists(st.tuples(kinds, st.integers(0, 3), st.integers(0, 6), st.integers(0, 60)), min_size=1, max_size=40)


def images_of(drawn_frames: list[tuple[str, int, int, int]]) -> list[dict[str, Any]]:
    return [
        entry(
            number,
            image_label=label,
            camera=f"c{camera}",
            sequence=f"s{sequence}",
            observed_at=(START + timedelta(hours=hour)).isoformat(),
        )
        for number, (label, camera, sequence, hour) in enumerate(drawn_frames)
    ]


@given(frames, st.integers(0, 5))
def test_no_sequence_and_no_camera_within_hours_stands_on_both_sides(
    drawn_frames: list[tuple[str, int, int, int]], seed: int
) -> None:
    images = images_of(drawn_frames)
    parts = split_labels(images, seed=seed)
    for one, part in zip(images, parts, strict=True):
        for two, other in zip(images, parts, strict=True):
            apart = abs(datetime.fromisoformat(one["observed_at"]) - datetime.fromisoformat(two["observed_at"]))
            is_near = one["camera"] == two["camera"] and apart < ALIKE_WITHIN
            if one["sequence"] == two["sequence"] or is_near:
                assert part == other
    for label in ("smoke", "none"):
        of_label = [part for image, part in zip(images, parts, strict=True) if image["image_label"] == label]
        assert not of_label or "train" in of_label
    assert parts == split_labels(images, seed=seed)


@given(frames)
def test_by_camera_no_camera_stands_on_both_sides(drawn_frames: list[tuple[str, int, int, int]]) -> None:
    images = images_of(drawn_frames)
    parts = split_labels(images, by="camera")
    sides = {(image["camera"], part) for image, part in zip(images, parts, strict=True)}
    assert len(sides) == len({image["camera"] for image in images})


def test_about_a_fifth_of_each_label_is_held_out() -> None:
    images = [entry(number, image_label="none" if number % 2 else "smoke") for number in range(100)]
    parts = split_labels(images)
    held = [image["image_label"] for image, part in zip(images, parts, strict=True) if part == "val"]
    assert 10 <= held.count("smoke") <= 12
    assert 10 <= held.count("none") <= 12
    assert parts != split_labels(images, seed=1)


def test_the_split_is_read_as_subsets_with_the_pictures_where_they_were(tmp_path: Path) -> None:
    images = [entry(number, image_label="none" if number % 2 else "smoke") for number in range(10)]
    folder = export(tmp_path / "labels", images)
    parts = split_labels(images)
    write_split(folder, tmp_path / "run" / "labels", parts)
    found = {part: load_annotated(tmp_path / "run" / "labels", part) for part in ("train", "val")}
    assert {part: len(each) for part, each in found.items()} == {part: parts.count(part) for part in found}
    assert all(frame.path.is_file() for each in found.values() for frame in each)
    assert [path.name for path in (tmp_path / "run" / "labels").iterdir()] == ["annotations.json"]
