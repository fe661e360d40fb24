"""Reads a line that somebody types, so that Ctrl-C is heeded at any moment.

`input` and `getpass` look for signals before they read and when a read is broken off. A Ctrl-C between the two, or one
that another thread takes, would wait for the next key; here it waits for half a second.
"""

from __future__ import annotations

import select
import sys
import termios

__all__ = ["type_in", "type_secret"]

# How long a Ctrl-C that did not break the waiting off may go unheeded.
_LOOK_S = 0.5


def type_in(prompt: str) -> str:
    """Return the line that is typed after a prompt.

    Raises
    ------
    EOFError
        If the terminal is closed, or Ctrl-D is typed.
    """
    sys.stdout.write(prompt)
    sys.stdout.flush()
    # A terminal is readable when a whole line is there, or its end. Between two looks Python heeds signals.
    while not select.select([sys.stdin], [], [], _LOOK_S)[0]:
        pass
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.removesuffix("\n")


def type_secret(prompt: str) -> str:
    """Return the line that is typed after a prompt, unseen; raises as `type_in` does."""
    before = termios.tcgetattr(sys.stdin)
    unseen = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, unseen)
        return type_in(prompt)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
        sys.stdout.write("\n")
