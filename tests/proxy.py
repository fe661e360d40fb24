"""A TCP proxy that does to a link what a bad link does: delays, cuts in mid-word, and swallows without a sound."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time


class BadLink:
    """Stands between a client and 127.0.0.1:`port`; listens on `self.port`.

    Parameters
    ----------
    port : int
        Where the broker listens.
    seed : int
        Of the random cuts.
    """

    def __init__(self, port: int, seed: int = 0) -> None:
        self._target = port
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._stopping = threading.Event()
        self.delay_s = 0.0
        # Bytes after which a connection is cut, in the middle of whatever it carries; None: never.
        self.cut_after: tuple[int, int] | None = None
        # Accepts and answers nothing; what is under way is swallowed.
        self.is_black_hole = False
        self.cuts = 0
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def cut(self) -> None:
        """Cut all connections now."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        self.cuts += len(pairs)
        for pair in pairs:
            for end in pair:
                _end(end)

    def stop(self) -> None:
        """End everything."""
        self._stopping.set()
        _end(self._server)
        self.cut()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5.0)
            except OSError:
                continue
            far.settimeout(None)
            self.connections += 1
            with self._lock:
                self._pairs.append((near, far))
            left = [self._chance.randint(*self.cut_after)] if self.cut_after else None
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink, left), name="proxy", daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, left: list[int] | None) -> None:
        try:
            while carried := source.recv(4096):
                if self.delay_s:
                    time.sleep(self.delay_s)
                if self.is_black_hole:
                    continue
                if left is not None:
                    left[0] -= len(carried)
                    if left[0] < 0:
                        sink.sendall(carried[: left[0]])
                        self.cuts += 1
                        break
                sink.sendall(carried)
        except OSError:
            pass
        # A black hole hides even the end of a connection.
        while self.is_black_hole and not self._stopping.wait(0.05):
            pass
        _end(source)
        _end(sink)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
