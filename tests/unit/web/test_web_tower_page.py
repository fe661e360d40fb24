"""What a tower's page offers to those who care for it: exercises and models, at every tower."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from tower_forms import NANYUE, PAGE, POST, asked, hidden, press
from web_centre import HTML

from firewatch.domain import remote
from firewatch.domain.ids import TowerId
from firewatch.services.views import NodeView
from firewatch.testing.package_shelf import PackageShelfFake, an_offer

if TYPE_CHECKING:
    from web_centre import Centre

    from firewatch.wire.model_offer import OfferedModel


def offering(centre: Centre, *offered: OfferedModel) -> PackageShelfFake:
    """Let the centre offer packages from now on."""
    assert centre.services.remote is not None
    shelf = PackageShelfFake(*offered)
    centre.services = replace(centre.services, remote=replace(centre.services.remote, packages=shelf))
    return shelf


def say(centre: Centre, **vitals: str) -> None:
    """Let the tower's node tell of its model."""
    centre.board.nodes_now = tuple(
        replace(node, vitals=replace(node.vitals, vitals=structs.replace(node.vitals.vitals, **vitals)))
        if node.tower_id == NANYUE and node.vitals is not None
        else node
        for node in centre.board.nodes_now
    )


def test_a_tower_that_never_spoke_and_one_that_only_spoke_are_reached_too(centre: Centre) -> None:
    spoke = centre.board.nodes_now[0]
    centre.board.nodes_now = (NodeView(NANYUE, None, None), replace(spoke, tower_id=TowerId("stranger")))
    with centre.browser() as browser:
        page = browser.get("/nodes", headers=HTML).text
        for tower_id in (NANYUE, "stranger"):
            assert f'href="/nodes/{tower_id}"' in page
            assert browser.get(f"/nodes/{tower_id}", headers=HTML).status_code == 200
        assert 'value="exercise"' in browser.get(PAGE, headers=HTML).text


@pytest.mark.parametrize(
    ("lang", "mark"), [("zh-CN", "由此产生的一切都标【演练】"), ("en", "All that comes of it is marked [EXERCISE]")]
)
def test_who_begins_an_exercise_is_told_what_it_does_and_confirms(centre: Centre, lang: str, mark: str) -> None:
    with centre.browser() as browser:
        page = browser.get(f"/nodes/nanyue?lang={lang}", headers=HTML).text
    assert mark in page
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'value="exercise"' in one)
    assert 'name="minutes" type="number" min="1" max="30" value="10"' in form
    assert 'type="checkbox" name="sure" value="yes" required' in form


def test_the_model_is_told_and_an_offered_package_is_asked_for(centre: Centre) -> None:
    shelf = offering(centre, an_offer("0.4.0", "a"), an_offer("0.3.1", "b"))
    say(centre, model_version="0.3.1", model_state="probation", model_note="0.3.2 crashed")
    with centre.browser() as browser:
        page = browser.get(PAGE, headers=HTML).text
        for words in ("Runs now: 0.3.1 ", "New, on probation", "Taken back: 0.3.2 crashed"):
            assert words in page
        assert f'<option value="{"a" * 64}">smoke 0.4.0 (aaaaaaaaaaaa)</option>' in page
        assert "smoke 0.3.1 (bbbbbbbbbbbb): the version that runs now" in page
        assert press(browser, "update_model", model="a" * 64).status_code == 303
        fields = hidden(browser.get(PAGE, headers=HTML).text, "update_model") | {"model": "a" * 64}
        shelf.offered = shelf.offered[1:]
        for gone in (fields, fields | {"model": ""}):
            answer = browser.post(POST, data=gone, headers=HTML)
            assert (answer.status_code, "no longer offered" in answer.text) == (409, True)
    path = f"/models/v1/{'a' * 64}.fwmodel"
    assert asked(centre) == [remote.UpdateModel(sha256="a" * 64, size_bytes=9000, location=path, version="0.4.0")]


def test_where_no_package_can_be_chosen_the_page_says_why(centre: Centre) -> None:
    with centre.browser() as browser:
        without = browser.get(PAGE, headers=HTML).text
    shelf = offering(centre)
    centre.board.nodes_now = (NodeView(NANYUE, None, None),)
    with centre.browser() as browser:
        empty = browser.get(PAGE, headers=HTML).text
        shelf.offered = (an_offer(),)
        some = browser.get(PAGE, headers=HTML).text
    assert "(enrolment.models)" in without
    assert "firewatch model offer" in empty
    assert "has not said yet which model it runs" in empty
    assert ['value="update_model"' in page for page in (without, empty, some)] == [False, False, True]


@pytest.mark.parametrize("state", ["configured", "shipped", "installed", "probation"])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_state_of_a_model_has_its_words(centre: Centre, state: str, lang: str) -> None:
    say(centre, model_state=state)
    with centre.browser() as browser:
        assert "commands.model" not in browser.get(f"/nodes/nanyue?lang={lang}", headers=HTML).text
