"""Ground that takes seconds is made aside, once, while fires are located on the plane; a failure is tried again."""

from __future__ import annotations

import logging
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from seen_boxes import NORTH, SOUTH, WEST, open_ground, tower

from firewatch.errors import TerrainError
from firewatch.locating_wiring import GroundLater

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

A, B, C = tower("a", WEST), tower("b", SOUTH), tower("c", NORTH)


class Held(Executor):
    """Keeps calls until they are let go."""

    def __init__(self) -> None:
        self.calls: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.calls.append((future, lambda: fn(*args, **kwargs)))
        return future

    def let_go(self) -> None:
        future, call = self.calls.pop(0)
        try:
            future.set_result(call())
        except TerrainError as err:
            future.set_exception(err)


def test_until_it_is_made_there_is_none_and_one_piece_is_made_at_a_time() -> None:
    held, made = Held(), open_ground(A, B)
    later = GroundLater(lambda _towers: made, held)
    assert later([A, B]) is None
    assert later([B, A]) is None
    assert later([C]) is None
    assert len(held.calls) == 1
    held.let_go()
    assert later([B, A]) is made
    assert later([C]) is None
    held.let_go()
    assert later([C]) is made
    assert held.calls == []


def test_what_failed_or_is_not_there_is_asked_for_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    held, now, answers = Held(), [0.0], [TerrainError("a tile is damaged"), None, open_ground(A)]

    def make(_towers: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    later = GroundLater(make, held, lambda: now[0])  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert later([A]) is None
            assert len(held.calls) == 1
            held.let_go()
            assert later([A]) is (None if answers else later([A]))
            assert held.calls == []
            now[0] += 21.0
    assert later([A]) is not None
    assert [record.message for record in caplog.records] == ["ground.failed"]


def test_at_most_some_grounds_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch.locating_wiring._KEPT", 1)
    held, asked = Held(), []
    ground = open_ground(A)

    def make(towers: list[Any]) -> object:
        asked.append(towers[0].tower_id)
        return ground

    later = GroundLater(make, held)  # type: ignore[arg-type]
    for one in (A, B, A):
        later([one])
        held.let_go()
        assert later([one]) is ground
    assert asked == ["a", "b", "a"]
