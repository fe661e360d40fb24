"""`firewatch towers masks` on a real store: the same masks as by the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from firewatch.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.adapters.store import Store

_SITES = """{"type": "FeatureCollection", "features": [{"type": "Feature",
"geometry": {"type": "Point", "coordinates": [112.5, 26.9]}, "properties": {"kind": "tower", "id": "tower-a",
"name_zh": "甲", "name_en": "A",
"cameras": [{"id": "north", "poses": [{"id": "fixed", "azimuth_deg": 40.0, "hfov_deg": 62.0}]}]}}]}"""
KILN = ("tower-a", "--camera", "north", "--pose", "fixed", "--name", "kiln", "--reason", "lime kiln", "--by", "wang")


@pytest.fixture
def masks(
    store: Store, store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    assert store.mask_book.standing() == ()
    path = tmp_path / "central.toml"
    path.write_text(f'[store]\nurl = "{store_url}"\nevidence = "{tmp_path}/evidence"\n', encoding="utf-8")
    (tmp_path / "sites.geojson").write_text(_SITES, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["towers", "masks", "--config", str(path), *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_a_mask_is_added_taken_away_and_put_back(masks: Callable[..., tuple[int, str, str]], store: Store) -> None:
    code, out, _ = masks("add", *KILN, "--points", "10,40 20,40 15,60", "--until", "2999-05-01")
    assert (code, "added: " in out, "kiln  1.0%  lime kiln (by wang)" in out) == (0, True, True)
    mask = store.mask_book.standing()[0]
    told = json.loads(masks("list", "tower-a", "--json")[1])
    assert (told["mask_id"], told["points"]) == (mask.mask_id, [[10.0, 40.0], [20.0, 40.0], [15.0, 60.0]])
    assert (told["until"], told["removed_at"]) == ("2999-05-01", None)
    assert masks("remove", "tower-a", mask.mask_id, "--by", "li")[0] == 0
    assert masks("list", "tower-a")[1] == ""
    assert "taken away by li" in masks("list", "tower-a", "--all")[1]
    assert masks("restore", "tower-a", mask.mask_id)[0] == 0
    assert store.mask_book.standing()[0].placed == mask.placed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", *KILN, "--points", "10,40 20"), "corners as"),
        (("add", *KILN, "--points", "10,40 20,40 ten,60"), "corners as"),
        (("add", *KILN, "--points", "0,0 50,0 50,50 0,50"), "at most 20%"),
        (("add", *KILN, "--points", "10,40 20,40 15,60", "--until", "soon"), "2026-05-01"),
        (("add", "tower-z", *KILN[1:], "--points", "10,40 20,40 15,60"), "tower-a"),
        (("remove", "tower-a", "01M8BM36570000000000000009"), "id of a mask"),
    ],
)
def test_what_is_refused_is_said_and_nothing_is_stored(
    masks: Callable[..., tuple[int, str, str]], store: Store, words: tuple[str, ...], said: str
) -> None:
    code, out, err = masks(*words)
    assert (code, out) == (1, "")
    assert said in err
    assert store.mask_book.standing() == ()


def test_a_large_mask_is_added_by_who_is_sure(masks: Callable[..., tuple[int, str, str]]) -> None:
    assert masks("add", *KILN, "--points", "0,0 50,0 50,50 0,50", "--sure")[0] == 0
