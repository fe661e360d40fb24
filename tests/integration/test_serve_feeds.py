"""`firewatch serve` with a feed whose source keeps silent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STATION = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [112.6, 26.9]},
    "properties": {"kind": "station", "id": "hengyang", "name_zh": "衡阳", "name_en": "Hengyang"},
}


def test_a_feed_that_never_answers_does_not_hold_up_the_end(tmp_path: Path) -> None:
    sites = {"type": "FeatureCollection", "features": [STATION]}
    (tmp_path / "sites.geojson").write_text(json.dumps(sites), encoding="utf-8")
    (tmp_path / "roster.toml").write_text(
        '[[people]]\nid = "li-wei"\nname = "Li Wei"\nrole = "ranger"\nchannels = ["webhook:http://127.0.0.1:1/"]\n',
        encoding="utf-8",
    )
    log = tmp_path / "central.log"
    with socket.create_server(("127.0.0.1", 0)) as silent, log.open("wb") as stderr:
        silent.settimeout(120.0)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/weather"
        path = tmp_path / "central.toml"
        path.write_text(
            f'[web]\nport = 0\n[mqtt]\nport = 1\n[[feeds]]\nkind = "open-meteo"\nurl = "{url}"\ntimeout_s = 120.0\n',
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "firewatch", "serve", "--config", str(path), "--logs", "json"]
        given = {**os.environ, "FIREWATCH_SECRET": "a-secret-of-the-test-only"}
        process = subprocess.Popen(command, env=given, stdin=subprocess.DEVNULL, stderr=stderr)
        try:
            asked, _ = silent.accept()
            with asked:
                process.terminate()
                process.wait(30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(30)
    assert "child.killed" not in log.read_text(encoding="utf-8")
