"""Threads that hold up no program's end: a source that never answers must not keep the centre from stopping."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DaemonThreads"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


class DaemonThreads(Executor):
    """Runs each call in a thread of its own, which ends with the program, done or not.

    The pools of the standard library are waited for when the program ends. Whoever submits bounds the number.

    Parameters
    ----------
    name : str
        Of the threads.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Return the future of a call; one that finds no thread fails."""
        future: Future[_T] = Future()
        future.set_running_or_notify_cancel()
        try:
            threading.Thread(target=_run, args=(future, fn, args, kwargs), name=self._name, daemon=True).start()
        except RuntimeError as err:
            future.set_exception(err)
        return future


def _run(future: Future[Any], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        outcome = fn(*args, **kwargs)
    except BaseException as err:  # noqa: BLE001 - whoever asks for the result gets it
        future.set_exception(err)
    else:
        future.set_result(outcome)
