"""Files of sites and people: what stands there is what is used, and a mistake is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from firewatch.adapters.roster_toml import FileRoster
from firewatch.adapters.sites_geojson import read_sites, write_sites
from firewatch.domain.ids import PersonId
from firewatch.errors import ConfigError
from firewatch.testing import SCENE_START, example_sites

if TYPE_CHECKING:
    from pathlib import Path


def test_sites_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "sites.geojson"
    write_sites(example_sites(), path)
    assert read_sites(path) == example_sites()


def test_what_an_editor_of_windows_writes_before_the_first_letter_does_no_harm(tmp_path: Path) -> None:
    sites, roster = tmp_path / "sites.geojson", tmp_path / "roster.toml"
    write_sites(example_sites(), sites)
    sites.write_bytes(b"\xef\xbb\xbf" + sites.read_bytes())
    assert read_sites(sites) == example_sites()
    roster.write_bytes('\ufeff[[people]]\r\nid = "li-wei"\r\nname = "李伟"\r\nrole = "ranger"\r\n'.encode())
    assert FileRoster(roster).person(PersonId("li-wei")) is not None


def test_a_roster_that_is_no_text_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "roster.toml"
    path.write_bytes('[[people]]\nid = "li-wei"\nname = "李伟"\n'.encode("gbk"))
    with pytest.raises(ConfigError, match="no text in UTF-8; save it as UTF-8"):
        FileRoster(path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda feature: feature["geometry"].update(coordinates=[200.0, 27.0]), "features[0] (nanyue)"),
        (lambda feature: feature["properties"].update(id="No Slug"), "features[0] (No Slug)"),
        (lambda feature: feature["properties"].update(colour="red"), "colour"),
        (lambda feature: feature["properties"].update(kind="castle"), "castle"),
        (lambda feature: feature["properties"].update(id="jiuguan"), "jiuguan"),
        (lambda feature: feature["properties"]["cameras"][0].update(range_m=5.0), "range"),
    ],
)
def test_a_mistake_in_the_sites_is_named(tmp_path: Path, change, named: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a lambda
    path = tmp_path / "sites.geojson"
    write_sites(example_sites(), path)
    sites = json.loads(path.read_text(encoding="utf-8"))
    change(sites["features"][0])
    path.write_text(json.dumps(sites), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_sites(path)
    assert refused.value.source == str(path)
    assert named in str(refused.value)


def test_a_file_that_is_missing_or_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff{")
    for path in (tmp_path / "x", tmp_path / "missing"):
        with pytest.raises(ConfigError, match=path.name):
            read_sites(path)


_TWO = """
[[people]]
id = "chen"
name = "陈值班"
role = "officer"
channels = ["mailto:chen@example.org"]
[[people]]
id = "zhou"
name = "周护林员"
role = "ranger"
on_duty = false
"""


def test_people_on_duty_are_told_in_the_files_order(tmp_path: Path) -> None:
    path = tmp_path / "roster.toml"
    path.write_text(_TWO, encoding="utf-8")
    roster = FileRoster(path)
    assert [person.person_id for person in roster.on_duty(SCENE_START)] == ["chen"]
    off_duty = roster.person(PersonId("zhou"))
    assert off_duty is not None
    assert off_duty.name == "周护林员"
    assert roster.person(PersonId("nobody")) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (_TWO.replace("zhou", "chen"), "twice"),
        (_TWO.replace("zhou", "Big Zhou"), "Big Zhou"),
        (_TWO.replace('"ranger"', '"king"'), "king"),
        (_TWO + "phone = 1\n", "phone"),
        ("[[people]", "people"),
    ],
)
def test_a_mistake_in_the_roster_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "roster.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"roster\.toml") as refused:
        FileRoster(path)
    assert named in str(refused.value)


def test_a_missing_roster_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        FileRoster(tmp_path / "nobody.toml")
