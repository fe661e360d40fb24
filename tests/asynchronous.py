"""Running asynchronous code in a test, wherever the test runs."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

_Result = TypeVar("_Result")


def run_async(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine to its end in a thread of its own: the browser tests leave a loop running in the main one."""
    with ThreadPoolExecutor(1, "run-async") as thread:
        return thread.submit(asyncio.run, work).result()
