"""What is typed at a terminal comes whole, a secret unseen, and Ctrl-C at any moment."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import termios
import threading
import time
from typing import TYPE_CHECKING

import pytest

from firewatch_edge.cli.setup.typing_in import type_in, type_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Person:
    """Sits at the other end of a terminal."""

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def wait_for(self, words: str) -> None:
        while words not in self.seen and select.select([self._keys], [], [], 10.0)[0]:
            self.seen += os.read(self._keys, 4096).decode()
        assert words in self.seen, self.seen

    def sees_what_is_typed(self) -> bool:
        return bool(termios.tcgetattr(self._keys)[3] & termios.ECHO)


@contextlib.contextmanager
def at_a_terminal() -> Iterator[Person]:
    """Make a terminal the standard input and output; in the test's own body, for pytest changes them between phases."""
    mine, theirs = pty.openpty()
    with (
        pytest.MonkeyPatch.context() as patch,
        os.fdopen(theirs, "r", closefd=False) as stdin,
        os.fdopen(theirs, "w") as stdout,
    ):
        patch.setattr("sys.stdin", stdin)
        patch.setattr("sys.stdout", stdout)
        yield Person(mine)
    os.close(mine)


@contextlib.contextmanager
def beside(person: Callable[[], None]) -> Iterator[None]:
    """Let a person do something while the block waits for it."""
    thread = threading.Thread(target=person)
    thread.start()
    yield
    thread.join()


def test_a_line_comes_without_its_end_and_the_next_is_left() -> None:
    with at_a_terminal() as person:
        person.type("瞭望塔 a \nb\n")
        assert [type_in("Tower: "), type_in("Camera: ")] == ["瞭望塔 a ", "b"]
        person.wait_for("Tower: ")
        person.wait_for("Camera: ")


def test_the_end_of_what_is_typed_is_told_from_an_empty_line() -> None:
    with at_a_terminal() as person:
        person.type("\n")
        assert type_in("? ") == ""
        person.type("\x04")
        with pytest.raises(EOFError):
            type_in("? ")


def test_a_secret_is_not_shown_and_what_comes_after_it_is() -> None:
    with at_a_terminal() as person:

        def answer() -> None:
            person.wait_for("Password: ")
            person.type("hunter2\n")

        with beside(answer):
            assert type_secret("Password: ") == "hunter2"
        person.type("shown\n")
        assert type_in("") == "shown"
        person.wait_for("shown")
        assert "hunter2" not in person.seen


@pytest.mark.parametrize("ask", [type_in, type_secret])
def test_ctrl_c_that_breaks_no_waiting_off_is_heeded_all_the_same(ask: Callable[[str], str]) -> None:
    """Another thread takes the signal, so that the waiting goes on, as it does when one comes just before it begins."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    is_heeded, late = threading.Event(), []
    try:
        with at_a_terminal() as person:

            def interrupt() -> None:
                person.wait_for("? ")
                time.sleep(0.2)
                signal.pthread_kill(threading.get_ident(), signal.SIGINT)
                if not is_heeded.wait(20.0):
                    late.append("another key was needed")
                    person.type("\n")

            with beside(interrupt):
                with pytest.raises(KeyboardInterrupt):
                    ask("? ")
                is_heeded.set()
            assert not late
            assert person.sees_what_is_typed()
    finally:
        signal.signal(signal.SIGINT, before)
