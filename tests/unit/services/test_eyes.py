"""Which cameras are blind, since when, and what was meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from node_states import a_camera, a_node, state_nodes, state_sites

from firewatch.services.eyes import blind_cameras, node_state, seeing_cameras, unheard_since
from firewatch.testing import SCENE_START

NOW = SCENE_START


def test_each_blind_camera_is_told_with_its_reason_and_what_was_meant_is_marked() -> None:
    blind = blind_cameras(state_sites(), state_nodes(NOW), NOW)
    reasons = {(one.tower_id, one.camera_id): (one.reason, one.is_meant) for one in blind}
    assert {key: why for key, why in reasons.items() if key[0] in {"work", "night"}} == {
        ("work", "c1"): ("maintenance", True),
        ("work", "c2"): ("paused", True),
        ("work", "c3"): ("a-later-nodes-reason", False),
        ("night", "c1"): ("night", True),
        ("night", "c2"): ("night", True),
    }
    assert [reasons["sick", f"c{n}"][0] for n in (1, 2, 3, 4, 5, 9)] == [
        "frozen", "silent", "blurred", "dark", "covered", "fogged",
    ]  # fmt: skip
    assert reasons["lost", "c2"] == ("lost", False)
    assert reasons["stopped", "c1"] == ("stopped", False)


def test_who_sees_badly_still_sees_and_who_never_spoke_is_not_blind_yet() -> None:
    towers = {(one.tower_id, one.camera_id) for one in blind_cameras(state_sites(), state_nodes(NOW), NOW)}
    assert not towers & {("sick", "c6"), ("sick", "c7"), ("sick", "c8"), ("well", "c1"), ("never", "c1")}
    assert ("sick", "c7") in seeing_cameras(state_nodes(NOW), NOW)


def test_the_longest_blind_comes_first() -> None:
    blind = blind_cameras(state_sites(), state_nodes(NOW), NOW)
    since = [one.since for one in blind]
    assert since == sorted(since, key=lambda at: at or NOW)
    assert (blind[0].tower_id, blind[0].camera_id) == ("sick", "c5")


def test_a_lost_node_is_blind_since_it_was_last_heard_not_since_its_will_was_written() -> None:
    lost = a_node("lost", a_camera(1, at=NOW), at=NOW, state="lost", heard_ago_s=600.0)
    assert lost.status is not None
    will = replace(lost.status, received_at=NOW - timedelta(seconds=500))
    will = replace(
        will, status=type(will.status)(state="lost", at=NOW - timedelta(days=3), boot_id=will.status.boot_id)
    )
    node = replace(lost, status=will)
    assert unheard_since(node, NOW) == NOW - timedelta(seconds=600)
    assert unheard_since(replace(node, vitals=None), NOW) == NOW - timedelta(seconds=500)


def test_a_node_that_says_nothing_for_three_vitals_is_not_heard() -> None:
    node = a_node("well", a_camera(1, at=NOW), at=NOW, heard_ago_s=91.0)
    assert node_state(node, NOW) == "stale"
    assert unheard_since(node, NOW) == NOW - timedelta(seconds=91)
    assert unheard_since(a_node("well", at=NOW), NOW) is None
    assert seeing_cameras([node], NOW) == frozenset()


def test_a_camera_of_an_older_node_is_silent_since_its_last_frame() -> None:
    silent = a_camera(1, at=NOW, is_silent=True, frame_age_s=240.0, eyes=None)
    never = a_camera(2, at=NOW, frame_age_s=None, eyes=None)
    blind = blind_cameras(state_sites(), [a_node("well", silent, never, at=NOW, heard_ago_s=0.0)], NOW)
    assert [(one.camera_id, one.since) for one in blind] == [("c1", NOW - timedelta(seconds=240)), ("c2", None)]
