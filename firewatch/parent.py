"""The watch that a child process keeps on its parent, so that no orphan goes on working.

A parent gives its child one end of a pipe as standard input and never writes to it. When the parent dies, however it
dies, the system closes the pipe, and the child stops by itself.
"""

from __future__ import annotations

import os
import sys
import threading
from time import sleep

__all__ = ["stop_with_parent"]

# To end in order; after it nobody else would end this process.
_GRACE_S = 10.0


def stop_with_parent(stop: threading.Event) -> None:
    """Set `stop` when the parent's pipe on standard input closes; end this process hard if it lives on 10 s later.

    Parameters
    ----------
    stop : threading.Event
        Ends the program in order.
    """
    standard_input = sys.stdin.fileno()

    def wait_for_end() -> None:
        # Not through the buffered reader: its lock, held by this thread, breaks the interpreter's orderly end.
        while os.read(standard_input, 1):
            pass
        stop.set()
        sleep(_GRACE_S)
        os._exit(1)

    threading.Thread(target=wait_for_end, name="parent-watch", daemon=True).start()
