"""`firewatch serve` with a feed whose source keeps silent."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from test_serve import Centre, environment, free_port, settings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_feed_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, (tmp_path / "central.log").open("wb") as log:
        silent.settimeout(60.0)
        path = settings(tmp_path, port=free_port())
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/weather"
        with path.open("a", encoding="utf-8") as file:
            file.write(f'[[feeds]]\nkind = "open-meteo"\nurl = "{url}"\ntimeout_s = 120.0\n')
        command = [sys.executable, "-m", "firewatch", "serve", "--config", str(path), "--logs", "json"]
        process = subprocess.Popen(command, env=environment("none"), stdin=subprocess.DEVNULL, stderr=log)
        try:
            asked, _ = silent.accept()
            with asked:
                process.terminate()
                process.wait(30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(30)
    assert Centre(tmp_path, 0, process).lines("child.killed") == []
