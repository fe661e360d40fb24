"""A program's orderly end on SIGTERM and SIGINT, by an event that its threads wait for.

A handler runs in the main thread between any two of its instructions, inside `threading.Event.wait` too, whose lock
`Event.set` then asks for a second time: a program that waits and whose event is set at that very moment (by another
thread, as when its parent's pipe closes and SIGTERM follows) would hang until it is killed. `queue.SimpleQueue.put`
may be entered again at any point (Python Library Reference, `queue`), so the handler only puts, and a thread sets.
"""

from __future__ import annotations

import queue
import signal
import threading

__all__ = ["stop_with_signals"]


def stop_with_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM or SIGINT, whatever the main thread is doing; call it in the main thread.

    Parameters
    ----------
    stop : threading.Event
        Ends the program in order.
    """
    caught: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda given, _: caught.put(given))

    def set_when_caught() -> None:
        caught.get()
        stop.set()

    threading.Thread(target=set_when_caught, name="stop-signals", daemon=True).start()
