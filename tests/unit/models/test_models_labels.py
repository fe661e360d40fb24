"""A bureau's labels are looked through before they are trained on, and split so that nothing is seen twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.testing.pictures import drawn
from models.data import Apart, Form, Frame, Reading, hold_out, inspect_folder, load_annotated
from models.data.__main__ import main
from models.data.splitting import ALIKE_WITHIN
from models.data.survey import Survey, survey
from models.data.writing import write_linked

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
        "tower": "tower-a",
        "verdict": "confirmed",
        "labelled_by": "duty",
        "box_source": "detector",
        "observed_at": (START + timedelta(days=number)).isoformat(),
    }
    return facts | changes


def export(folder: Path, images: list[dict[str, Any]]) -> Path:
    (folder / "frames").mkdir(parents=True)
    for number, image in enumerate(images):
        if "/" in str(image["file"]):
            (folder / str(image["file"])).write_bytes(drawn(0.1 * (number % 10), number)[2])
    write_list(folder, images)
    return folder


def write_list(folder: Path, images: list[dict[str, Any]]) -> None:
    facts = {"schema": "firewatch-labels/1", "exported_at": START.isoformat(), "images": images}
    (folder / "annotations.json").write_text(json.dumps(facts), encoding="utf-8")


def check(folder: Path) -> Survey:
    return survey([inspect_folder(folder, Reading(Form.EXPORT))])


def test_a_sound_export_has_no_errors_and_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = [entry(0), entry(1, image_label="none"), entry(2, image_label="ignore"), entry(3)]
    folder = export(tmp_path / "labels", images)
    assert check(folder).is_sound
    assert main(["check", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "labels [export] labels: 4 frames: 2 smoke (2 drawn), 1 none, 1 ignore; 3 cameras" in printed
    assert "2 fires: too few" in printed
    assert "cameras with smoke alone, or never: tower-a/0, tower-a/1;" in printed


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"image_label": None}, "image_label is None"),
        ({"image_label": "fire", "boxes": None}, "image_label is 'fire'"),
        ({"image_label": "none", "boxes": [[1, 1, 5, 5]]}, "image_label is none, but there are 1 boxes"),
        ({"image_label": "none", "boxes": None}, "must be an empty list"),
        ({"image_label": "ignore", "boxes": [[1, 1, 5, 5]]}, "image_label is ignore, but there are boxes"),
        ({"boxes": []}, "boxes is empty"),
        ({"boxes": [[900.0, 0.0, 61.0, 9.0]]}, "reaches outside the image of 960 x 540"),
        ({"boxes": [[900.0, 0.0, 60.2, 9.0]]}, "reaches outside the image of 960 x 540"),
        ({"boxes": [[10.0, 10.0, 0.0, 9.0]]}, "has no area"),
        ({"boxes": [[10.0, 10.0, 9.0]]}, "must be [x, y, width, height]"),
        ({"width": 1920}, "width is 1920, but the image is 960 x 540"),
        ({"camera": ""}, "camera and sequence must say something"),
        ({"sequence": None}, "camera and sequence must say something"),
        ({"observed_at": "at noon"}, "observed_at is 'at noon'"),
        ({"observed_at": "2026-04-04T12:00:00"}, "without an offset"),
        ({"file": "missing.jpg"}, "is not there"),
        ({"file": "../annotations.json"}, "stay in the folder"),
    ],
)
def test_what_would_teach_the_wrong_thing_is_an_error(
    tmp_path: Path, changes: dict[str, Any], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = export(tmp_path / "labels", [entry(0), entry(1)])
    (tmp_path / "annotations.json").write_text("outside")
    write_list(folder, [entry(0), entry(1) | changes])
    assert main(["check", str(folder)]) == 1
    assert why in capsys.readouterr().out


def test_rounding_to_a_tenth_is_no_error(tmp_path: Path) -> None:
    assert check(export(tmp_path / "labels", [entry(0, boxes=[[900.0, 0.0, 60.1, 9.0]])])).is_sound


def test_damaged_and_doubled_pictures_are_errors(tmp_path: Path) -> None:
    folder = export(tmp_path / "labels", [entry(0), entry(1), entry(2), entry(3)])
    whole = (folder / "frames" / "0.jpg").read_bytes()
    (folder / "frames" / "0.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "frames" / "2.jpg").write_bytes((folder / "frames" / "1.jpg").read_bytes())
    (folder / "frames" / "3.jpg").write_bytes(b"\xff\xd8\xff nothing")
    problems = check(folder).problems
    assert any("one picture stands there twice: 1.jpg (smoke), 2.jpg (smoke)" in told for told in problems)
    assert sum("0.jpg" in told for told in problems) == 1
    assert sum("3.jpg" in told for told in problems) == 1
    assert len(problems) == 3


def test_smoke_without_boxes_is_only_a_note(tmp_path: Path) -> None:
    found = check(export(tmp_path / "labels", [entry(0, boxes=None)]))
    assert found.is_sound
    assert "labels: 1 smoke frames have no boxes: they are not trained on" in found.notes


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"images": []}', '{"schema": "firewatch-labels/2", "images": []}']
)
def test_another_file_is_no_export(tmp_path: Path, content: str) -> None:
    (tmp_path / "annotations.json").write_text(content)
    assert check(tmp_path).problems


kinds = st.sampled_from(["smoke", "none", "ignore"])
rows = st.lists(st.tuples(kinds, st.integers(0, 3), st.integers(0, 6), st.integers(0, 60)), min_size=1, max_size=40)


def frames_of(drawn_rows: list[tuple[str, int, int, int]]) -> list[Frame]:
    return [
        Frame(
            Path(f"{number:02d}.jpg"),
            label,
            camera=f"c{camera}",
            sequence=f"s{sequence}",
            observed_at=START + timedelta(hours=hour),
        )
        for number, (label, camera, sequence, hour) in enumerate(drawn_rows)
    ]


def sides_of(parts: dict[str, list[Frame]]) -> dict[Path, str]:
    return {frame.path: part for part, held in parts.items() for frame in held}


@given(rows, st.integers(0, 5))
def test_no_sequence_and_no_camera_within_hours_stands_on_both_sides(
    drawn_rows: list[tuple[str, int, int, int]], seed: int
) -> None:
    frames = frames_of(drawn_rows)
    parts = hold_out(frames, seed=seed, apart=Apart.SEQUENCE)
    side = sides_of(parts)
    assert side.keys() == {frame.path for frame in frames}
    for one in frames:
        for two in frames:
            assert one.observed_at is not None
            assert two.observed_at is not None
            is_near = one.camera == two.camera and abs(one.observed_at - two.observed_at) < ALIKE_WITHIN
            if one.sequence == two.sequence or is_near:
                assert side[one.path] == side[two.path]
    for label in ("smoke", "none"):
        of_label = [side[frame.path] for frame in frames if frame.label == label]
        assert not of_label or "train" in of_label
    assert sides_of(hold_out(frames[::-1], seed=seed, apart=Apart.SEQUENCE)) == side


@given(rows)
def test_by_camera_no_camera_stands_on_both_sides(drawn_rows: list[tuple[str, int, int, int]]) -> None:
    frames = frames_of(drawn_rows)
    side = sides_of(hold_out(frames))
    assert len({(frame.camera, side[frame.path]) for frame in frames}) == len({frame.camera for frame in frames})


def test_a_camera_whose_times_are_not_all_known_stays_whole() -> None:
    frames = frames_of([("none", 0, number, 24 * number) for number in range(6)])
    assert hold_out(frames, apart=Apart.SEQUENCE)["val"]
    untimed = [*frames[:5], replace(frames[5], observed_at=None)]
    assert not hold_out(untimed, apart=Apart.SEQUENCE)["val"]


def test_about_a_fifth_of_each_label_is_held_out() -> None:
    frames = frames_of([("none" if n % 2 else "smoke", n % 3, n, 24 * n) for n in range(100)])
    parts = hold_out(frames, apart=Apart.SEQUENCE)
    held = [frame.label for frame in parts["val"]]
    assert (held.count("smoke"), held.count("none")) == (10, 10)
    assert parts != hold_out(frames, seed=2, apart=Apart.SEQUENCE)


def test_the_split_is_read_as_subsets_with_the_pictures_where_they_were(tmp_path: Path) -> None:
    folder = export(tmp_path / "labels", [entry(n, image_label="none" if n % 2 else "smoke") for n in range(10)])
    parts = hold_out(load_annotated(folder), apart=Apart.SEQUENCE)
    told = [replace(frame, split=part) for part, held in parts.items() for frame in held]
    for _ in range(2):  # a run that is started again
        write_linked(tmp_path / "run" / "labels", folder, told)
    found = {part: load_annotated(tmp_path / "run" / "labels", part) for part in ("train", "val")}
    assert {part: len(each) for part, each in found.items()} == {"train": 8, "val": 2}
    for part, held in found.items():
        assert [f.path.read_bytes() for f in held] == [f.path.read_bytes() for f in parts[part]]
        assert [(f.label, f.camera, f.observed_at, f.verdict) for f in held] == [
            (f.label, f.camera, f.observed_at, f.verdict) for f in parts[part]
        ]
