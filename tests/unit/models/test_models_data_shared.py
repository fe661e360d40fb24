"""The real frames: their manifest's counts, what their parts share, and the card that is shipped of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.data import shared_marks
from models.data.card import BEGIN, END, generated_part
from models.data.figures import count
from models.data.folders import inspect_all
from models.data.survey import Survey, survey

pytestmark = pytest.mark.shared

CARD = Path(__file__).parents[3] / "models" / "data" / "DATA_CARD.md"
# frames, smoke, none, ignore, frames with boxes, cameras: the table of the frames' MANIFEST.md.
MANIFEST = {
    "train": (311, 218, 91, 2, 206, 16),
    "val": (50, 31, 19, 0, 21, 5),
    "test": (132, 79, 51, 2, 79, 9),
}
# Said in the manifest's list of cameras: 2 frames in train, 12 in val.
DOCUMENTED = {"dfire:camera0002"}


@pytest.fixture(scope="module")
def found(shared_data: Path) -> Survey:
    folder = shared_data / "smoke"
    if not folder.is_dir():
        pytest.skip("the shared smoke frames are not beside this checkout")
    return survey(inspect_all([folder]), DOCUMENTED)


@pytest.mark.parametrize("part", MANIFEST)
def test_the_counts_of_the_manifest_are_met_exactly(found: Survey, part: str) -> None:
    (data,) = [data for data in found.datasets if data.name == part]
    n = count(data.frames)
    assert (n.frames, n.smoke, n.clear, n.ignore, n.drawn, n.cameras) == MANIFEST[part]
    assert {frame.split for frame in data.frames} == {part}


def test_the_sequences_and_the_empty_views_are_those_of_the_manifest(found: Survey) -> None:
    held = {data.name: len(data.frames) for data in found.datasets}
    assert {name: number for name, number in held.items() if name.startswith("sequences/")} == {
        "sequences/train/20160604_FIRE_rm-n-mobo-c": 81,
        "sequences/train/20180718_FIRE_syp-w-mobo-c": 81,
        "sequences/test/20180728_FIRE_rm-w-mobo-c": 80,
    }
    (empty,) = [data for data in found.datasets if data.name == "empty"]
    assert {frame.label for frame in empty.frames} == {"none"}
    assert sorted(frame.split for frame in empty.frames) == ["train"] * 53 + ["val"] * 14


def test_nothing_is_wrong_with_a_file(found: Survey) -> None:
    assert found.problems == ()


def test_no_camera_is_in_two_parts_except_as_documented(found: Survey) -> None:
    assert found.leaks == ()
    assert {(leak.kind, leak.name, leak.parts) for leak in found.known} == {
        ("camera", "dfire:camera0002", ("train", "val")),
        ("sequence", "dfire:camera0002", ("train", "val")),
    }
    without = {part: frames for part, frames in found.parts.items() if part != "val"}
    assert shared_marks(without) == [], "test stands alone"


def test_the_mountain_that_two_cameras_of_train_and_test_share_is_told(found: Survey) -> None:
    (site,) = found.sites
    assert site.parts == ("test", "train")
    assert site.name.startswith("hpwren rm ")
    assert "hpwren:rm-w-mobo-c" in site.name
    assert "hpwren:rm-n-mobo-c" in site.name


def section(text: str, name: str) -> str:
    (body,) = re.findall(rf"^## {name}\n(.*?)(?=^## |^<!--|\Z)", text, re.MULTILINE | re.DOTALL)
    return str(body).strip()


@pytest.mark.parametrize("name", ["Counts", "Plume sizes", "Sources and licences", "Cameras"])
def test_the_card_that_is_shipped_is_that_of_these_frames(found: Survey, name: str) -> None:
    shipped = CARD.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert section(shipped, name) == section(generated_part(found, {}), name)
