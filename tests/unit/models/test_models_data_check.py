"""`check` finds what is wrong and what leaks, `card` keeps what a person wrote, `split` writes its parts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from frame_folders import HEIGHT, WIDTH, annotated, frame, picture, row, yolo

from models.data import near_duplicates, shared_marks, shared_sites
from models.data.__main__ import main
from models.data.card import BEGIN, END
from models.data.figures import count, coverage, in_bands, one_sided, plume_sizes
from models.data.leaks import site_of
from models.data.pictures import glance

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder of two parts without a fault: four frames of two cameras, and one of a third."""
    rows = [
        row("a0.png", licence="CC0", source="us", box_source="by hand"),
        row("a1.png", image_label="none", boxes=[], licence="CC0", source="us"),
        row("b0.png", image_label="ignore", boxes=None, camera="hill:b", sequence="fire 2"),
        row("b1.png", image_label="smoke", boxes=None, camera="hill:b", sequence="fire 2"),
    ]
    annotated(tmp_path / "all" / "train", rows)
    annotated(tmp_path / "all" / "val", [])
    picture(tmp_path / "all" / "val" / "c.png", 50)
    clear = {"image_label": "none", "boxes": [], "camera": "hill:c", "sequence": "fire 3"}
    (tmp_path / "all" / "val" / "annotations.json").write_text(json.dumps({"images": [row("c.png", **clear)]}))
    return tmp_path / "all"


def rewrite(folder: Path, **change: object) -> None:
    path = folder / "annotations.json"
    rows = json.loads(path.read_text())["images"]
    path.write_text(json.dumps({"images": [each | change for each in rows]}))


def test_a_sound_folder_is_counted_and_passes(tree: Path, run: Run) -> None:
    code, out, err = run("check", tree)
    assert (code, err) == (0, "")
    assert "train [annotated] train: 4 frames: 2 smoke (1 drawn), 1 none, 1 ignore; 2 cameras" in out
    assert "val [annotated] val: 1 frames: 0 smoke (0 drawn), 1 none, 0 ignore; 1 cameras" in out
    assert "sound: 0 problems, 0 leaks" in out


@pytest.mark.parametrize(("key", "name"), [("camera", "hill:a"), ("sequence", "fire 1")])
def test_a_camera_or_sequence_in_two_parts_is_a_leak(tree: Path, run: Run, key: str, name: str) -> None:
    rewrite(tree / "val", **{key: name})
    code, out, _ = run("check", tree)
    assert code == 1
    assert f"{key} {name} is in train and val" in out
    assert "NOT sound: 0 problems, 1 leaks" in out
    code, out, _ = run("check", tree, "--known", name)
    assert code == 0
    assert f"Known to be shared (1):\n  {key} {name} is in train and val" in out


def test_two_given_folders_are_two_parts(tmp_path: Path, run: Run) -> None:
    annotated(tmp_path / "ours", [row("a.png")])
    annotated(tmp_path / "theirs", [row("b.png", image_label="ignore")])
    code, out, _ = run("check", tmp_path / "ours", tmp_path / "theirs")
    assert code == 1
    assert "camera hill:a is in ours and theirs" in out


def test_the_same_file_in_two_parts_is_a_leak(tree: Path, run: Run) -> None:
    shutil.copyfile(tree / "train" / "a1.png", tree / "val" / "c.png")
    code, out, _ = run("check", tree)
    assert code == 1
    assert "file a1.png = c.png is in train and val" in out


def test_a_frame_encoded_again_is_listed_but_is_no_error(tree: Path, run: Run) -> None:
    image = cv2.imread(str(tree / "train" / "a1.png"))
    assert image is not None
    cv2.imwrite(str(tree / "val" / "c.jpg"), np.clip(image.astype(int) + 6, 0, 255), [cv2.IMWRITE_JPEG_QUALITY, 80])
    rewrite(tree / "val", file="c.jpg")
    code, out, _ = run("check", tree, "--every-pair")
    assert code == 0
    assert "train: a1.png (hill:a) and val: c.jpg (hill:c)" in out
    assert "1 images lie there that are not listed" in out, "c.png is there still"
    code, out, _ = run("check", tree)
    assert "1 pair(s) look almost the same; the nearest: train: a1.png (hill:a) and val: c.jpg" in out


def test_a_broken_folder_fails_with_every_problem(tree: Path, run: Run) -> None:
    rewrite(tree / "train", image_label="fog")
    code, out, _ = run("check", tree)
    assert code == 1
    assert out.count("image_label is 'fog'") == 4
    assert "NOT sound: 4 problems, 0 leaks" in out


def test_a_label_file_that_cannot_be_read_does_not_hide_what_is_wrong_elsewhere(tree: Path, run: Run) -> None:
    rewrite(tree / "val", image_label="fog")
    (tree / "train" / "annotations.json").write_text("{", encoding="utf-8")
    code, out, _ = run("check", tree)
    assert code == 1
    assert "train: annotations.json: is no JSON in UTF-8" in out
    assert "val: annotations.json: c.png: image_label is 'fog'" in out


def test_a_picture_that_is_cut_short_is_found(tree: Path, run: Run) -> None:
    path = tree / "val" / "c.png"
    path.write_bytes(path.read_bytes()[:-400])
    code, out, _ = run("check", tree)
    assert code == 1
    assert "val: c.png: cannot be read as an image" in out


def test_one_picture_with_two_labels_is_found(tree: Path, run: Run) -> None:
    shutil.copyfile(tree / "train" / "a0.png", tree / "train" / "a1.png")
    code, out, _ = run("check", tree)
    assert code == 1
    assert "a1.png is labelled none, but a0.png, the same file, smoke" in out


def test_a_folder_without_labels_is_refused(tmp_path: Path, run: Run) -> None:
    code, out, err = run("check", tmp_path)
    assert (code, out) == (1, "")
    assert "no known form of labels" in err


@pytest.mark.parametrize("naming", ["(", "(?P<view>.)"])
def test_a_pattern_that_names_no_camera_is_wrong_usage(tree: Path, run: Run, naming: str) -> None:
    with pytest.raises(SystemExit) as caught:
        run("check", tree, "--naming", naming)
    assert caught.value.code == 2


def test_a_card_has_its_tables_and_pictures_and_no_photograph(tree: Path, tmp_path: Path, run: Run) -> None:
    card, pictures = tmp_path / "CARD.md", tmp_path / "pictures"
    code, _, err = run("card", tree, "--out", card, "--pictures", pictures)
    assert (code, err) == (0, "")
    text = card.read_text()
    assert "| train | train | 4 | 2 | 1 | 1 | 1 | 1 | 2 | 2 | 2 | 2 | 2.0 |" in text
    assert "| us | train 1 | CC0 | by hand |" in text
    assert "| folder | part | under 25 px | 25-40 px | 40-100 px | over 100 px |" in text
    assert "| train | train | 0 | 0 | 0 | 1 |" in text, "20 of 64 pixels are 400 of 1280"
    assert "| train | train | hill:b | 2 | 1 | 0 | 0 | 1 |" in text
    assert sorted(p.name for p in pictures.iterdir()) == ["box_positions.png", "box_sizes.png", "brightness.png"]
    for path in pictures.iterdir():
        assert f"(pictures/{path.name})" in text
        assert cv2.imread(str(path)) is not None


def test_a_card_written_again_keeps_what_a_person_wrote(tree: Path, tmp_path: Path, run: Run) -> None:
    card = tmp_path / "CARD.md"
    card.write_text(f"# Ours\n\nabove\n\n{BEGIN}\n\nof yesterday\n\n{END}\n\nbelow\n", encoding="utf-8")
    assert run("card", tree, "--out", card)[0] == 0
    first = card.read_text()
    assert run("card", tree, "--out", card)[0] == 0
    assert card.read_text() == first, "the same frames give the same card"
    assert first.startswith("# Ours\n\nabove\n\n<!--")
    assert first.endswith("-->\n\nbelow\n")
    assert "of yesterday" not in first


def test_a_card_that_could_not_be_kept_or_is_of_broken_frames_is_refused(tree: Path, tmp_path: Path, run: Run) -> None:
    card = tmp_path / "CARD.md"
    card.write_text("a person's own words\n", encoding="utf-8")
    code, _, err = run("card", tree, "--out", card, "--pictures", tmp_path / "pictures")
    assert code == 1
    assert "has no generated part" in err
    assert card.read_text() == "a person's own words\n"
    assert not (tmp_path / "pictures").exists()
    assert run("card", tree, "--out", tmp_path / "nowhere" / "CARD.md")[0] == 1
    rewrite(tree / "val", image_label="fog")
    code, _, err = run("card", tree, "--out", tmp_path / "new.md")
    assert code == 1
    assert "image_label is 'fog'" in err
    assert not (tmp_path / "new.md").exists()


def test_contact_sheets_are_drawn_on_demand_and_kept_from_git(tree: Path, tmp_path: Path, run: Run) -> None:
    sheets = tmp_path / "sheets"
    assert run("card", tree, "--out", tmp_path / "CARD.md", "--contact-sheet", sheets)[0] == 0
    assert (sheets / ".gitignore").read_text() == "*\n"
    assert sorted(p.name for p in sheets.glob("*.jpg")) == ["train_000.jpg", "val_000.jpg"]
    image = cv2.imread(str(sheets / "train_000.jpg"))
    assert image is not None
    assert image.shape == (200, 6 * 320, 3)


def test_a_split_is_written_with_its_seed(tree: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "split.json"
    code, told, _ = run("split", tree, "--share", "train=2", "--share", "val=1", "--seed", "5", "--out", out)
    assert code == 0
    whole = json.loads(out.read_text())
    assert (whole["seed"], whole["shares"]) == (5, {"train": 2.0, "val": 1.0})
    files = [Path(path) for held in whole["parts"].values() for path in held]
    assert len(files) == 5
    assert all(path.is_file() for path in files)
    assert told.count("groups") == 2
    code, _, err = run("split", tree, *("--share=a=1", "--share=b=1", "--share=c=1", "--share=d=1"), "--out", out)
    assert code == 1
    assert "too few" in err
    rewrite(tree / "val", image_label="fog")
    assert run("split", tree, "--share", "a=1", "--out", out)[0] == 1
    with pytest.raises(SystemExit):
        run("split", tree, "--share", "a", "--out", out)


def test_a_yolo_folder_of_named_files_goes_through_every_command(tmp_path: Path, run: Run) -> None:
    yolo(tmp_path / "set", {"a.txt": "0 .5 .5 .25 .5"})
    named = ("--form", "yolo", "--naming", r"/(?P<camera>\w)\.png")
    assert run("check", tmp_path / "set", *named)[0] == 0
    parts = ("--share", "x=1", "--share", "y=1", "--out", tmp_path / "split.json")
    assert run("split", tmp_path / "set", *named, *parts)[0] == 0
    assert run("split", tmp_path / "set", *parts)[0] == 1, "without names frames of one view could be parted"


@pytest.mark.parametrize(
    ("camera", "tower", "site"),
    [
        ("hpwren:rm-n-mobo-c", "", "hpwren rm"),
        ("20180728_FIRE_rm-w-mobo-c", "", "hpwren rm"),
        ("hpwren:syp-w-mobo-c", "", "hpwren syp"),
        ("hpwren_figlib_smwmobocX01000", "", "hpwren sm"),
        ("alertwildfire:slide", "", ""),
        ("hpwren:rm-n-mobo-c", "t1", "tower t1"),
        ("", "", ""),
    ],
)
def test_the_site_of_a_camera_is_its_tower_or_its_mountain(camera: str, tower: str, site: str) -> None:
    assert site_of(frame(Path("a.png"), camera=camera, tower=tower)) == site


def test_a_site_is_a_caution_only_where_its_cameras_differ() -> None:
    north, west = (frame(Path(f"{w}.png"), camera=f"hpwren:rm-{w}-mobo-c") for w in "nw")
    (caution,) = shared_sites({"train": [north], "test": [west]})
    assert caution.parts == ("test", "train")
    assert "hpwren:rm-n-mobo-c" in caution.name
    assert "hpwren:rm-w-mobo-c" in caution.name
    assert shared_sites({"train": [north], "test": [north]}) == [], "that camera is told as a leak"
    assert len(shared_marks({"train": [north], "test": [north]})) == 1
    assert shared_sites({"train": [north, west]}) == []


def test_hashes_bear_brightness_and_size_and_tell_pictures_apart(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", 1, (320, 240))
    image = cv2.imread(str(path))
    assert image is not None
    cv2.imwrite(str(tmp_path / "small.jpg"), cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(tmp_path / "darker.png"), (image * 0.8).astype(np.uint8))
    cv2.imwrite(str(tmp_path / "mirrored.png"), image[:, ::-1])
    looks = {p: glance(p) for p in tmp_path.iterdir()}
    apart = {p.name: (looks[p].dhash ^ looks[path].dhash).bit_count() for p in looks}
    assert apart["small.jpg"] <= 3
    assert apart["darker.png"] <= 3
    assert apart["mirrored.png"] > 20
    assert looks[tmp_path / "darker.png"].brightness == pytest.approx(0.8 * looks[path].brightness, abs=1.0)
    parts = {"x": [frame(path)], "y": [frame(p) for p in sorted(looks) if p != path]}
    near = near_duplicates(parts, looks, 3)
    assert {pair.other.path.name for pair in near} == {"small.jpg", "darker.png"}
    assert all(pair.bits == apart[pair.other.path.name] for pair in near)


def test_grey_and_flat_pictures_are_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "fog.png"), np.full((HEIGHT, WIDTH, 3), 180, np.uint8))
    look = glance(tmp_path / "fog.png")
    assert (look.brightness, look.contrast, look.colour) == pytest.approx((180.0, 0.0, 0.0), abs=0.01)


def test_plume_sizes_are_longer_sides_at_1280_wide_and_bands_take_their_lower_edge() -> None:
    one = frame(Path("a.png"), boxes=[[0, 0, 10, 20], [0, 0, 30, 5]], size=(640, 480))
    assert plume_sizes([one, frame(Path("b.png"))]).tolist() == [40.0, 60.0]
    assert in_bands([24.9, 25, 39.9, 40, 99, 100, 1000], (25, 40, 100)) == [1, 2, 2, 2]
    assert in_bands([], (25, 40, 100)) == [0, 0, 0, 0]


def test_the_effective_number_of_cameras_falls_where_one_rules() -> None:
    even = [frame(Path(f"{n}.png"), camera=f"c{n % 4}") for n in range(40)]
    ruled = [frame(Path(f"{n}.png"), camera="c0" if n < 37 else f"c{n}") for n in range(40)]
    assert count(even).effective_cameras == pytest.approx(4.0)
    assert count(ruled).effective_cameras == pytest.approx(40**2 / (37**2 + 3))
    assert count([]).effective_cameras == 0.0


def test_cameras_that_show_one_label_only_are_told() -> None:
    told = [
        ("a", "smoke"),
        ("a", "none"),
        ("b", "smoke"),
        ("b", "smoke"),
        ("b", "ignore"),
        ("c", "none"),
        ("d", "none"),
    ]
    frames = [
        frame(Path(f"{n}.png"), camera=camera, boxes=[[0, 0, 9, 9]] * (label == "smoke"), label=label)
        for n, (camera, label) in enumerate([*told, ("d", "none")])
    ]
    assert one_sided(frames) == ["b", "d"]


def test_the_map_of_boxes_is_the_share_that_covers_each_cell() -> None:
    left, whole = [0, 0, WIDTH / 2, HEIGHT], [0, 0, WIDTH, HEIGHT]
    shares = coverage([frame(Path("a.png"), boxes=[left, whole]), frame(Path("b.png"))], 2, 4)
    assert shares.tolist() == [[1.0, 1.0, 0.5, 0.5]] * 2
