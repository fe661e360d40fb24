"""The broker's own process: ends when the program that started it ends, however that ends.

Run by its path, with the standard library only until a broker is asked for, so that it starts at once. It says one line
of JSON on standard output, ``{"pid": N}``, and ends when its standard input is closed.

``guard COMMAND...`` runs a program; ``amqtt SETTINGS.json`` runs the amqtt broker in this process.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

__all__ = ["covers", "hash_password", "main"]

_PR_SET_PDEATHSIG = 1
_STOP_S = 3.0


def hash_password(password: str, salt: bytes) -> str:
    """Return the scrypt hash of a password in hexadecimal digits."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()


def covers(allowed: str, requested: str) -> bool:
    """Tell whether every topic of a filter lies within another filter."""
    asked = requested.split("/")
    for at, level in enumerate(allowed.split("/")):
        if level == "#":
            return True
        if at >= len(asked) or asked[at] == "#" or level not in ("+", asked[at]):
            return False
    return len(asked) == len(allowed.split("/"))


def _say(pid: int) -> None:
    sys.stdout.write(json.dumps({"pid": pid}) + "\n")
    sys.stdout.flush()


def _die_with_parent() -> None:
    # The last resort, on Linux: a guard that is itself killed closes nothing in an orderly way.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _guard(command: list[str]) -> int:
    # This thread makes the child and lives as long as the process, which is what PR_SET_PDEATHSIG counts.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509 - our own command; no thread runs yet
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    _say(child.pid)
    threading.Thread(target=_end_with_input, args=(child,), name="guard-input", daemon=True).start()
    return child.wait()


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    child.terminate()
    try:
        child.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()


def _run_amqtt(settings_file: str) -> int:
    import asyncio
    import logging

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    settings = json.loads(Path(settings_file).read_text(encoding="utf-8"))
    asyncio.run(_serve_amqtt(settings))
    return 0


async def _serve_amqtt(settings: dict[str, Any]) -> None:
    import asyncio

    from amqtt.broker import Broker
    from amqtt.contexts import Action
    from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin

    users: dict[str, dict[str, Any]] = settings["users"]

    class Accounts(BaseAuthPlugin):  # type: ignore[misc]  # the library is not typed
        """Knows the users."""

        async def authenticate(self, *, session: Any) -> bool:
            user = users.get(session.username or "")
            if user is None:
                return False
            given = hash_password(session.password or "", bytes.fromhex(user["salt"]))
            return hmac.compare_digest(given, user["hash"])

    class Permissions(BaseTopicPlugin):  # type: ignore[misc]  # as above
        """Knows what each user may do."""

        async def topic_filtering(self, *, session: Any = None, topic: str | None = None, action: Any = None) -> bool:
            user = users.get((session.username if session else None) or "")
            if user is None or topic is None:
                return False
            if action == Action.RECEIVE:
                return True
            allowed = user["may_publish"] if action == Action.PUBLISH else user["may_subscribe"]
            return any(covers(one, topic) for one in allowed)

    # The library loads plugins by dotted name.
    globals().update(Accounts=Accounts, Permissions=Permissions)
    own = _serve_amqtt.__module__
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{settings['port']}", "max_connections": 1000}},
            "plugins": {f"{own}.Accounts": {}, f"{own}.Permissions": {}},
        }
    )
    await broker.start()
    _say(os.getpid())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_set_with_input, args=(loop, stop), name="amqtt-input", daemon=True).start()
    await stop.wait()
    await asyncio.wait_for(broker.shutdown(), _STOP_S)


def _set_with_input(loop: Any, stop: Any) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


def main(arguments: list[str]) -> int:
    """Run the guard or the broker; return the exit code."""
    match arguments:
        case ["guard", *command] if command:
            return _guard(command)
        case ["amqtt", settings_file]:
            return _run_amqtt(settings_file)
    sys.stderr.write("usage: broker_child.py guard COMMAND... | amqtt SETTINGS.json\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
