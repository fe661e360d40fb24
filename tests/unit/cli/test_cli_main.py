"""What every command does alike: a refusal in words, an end without a traceback, `--config` wherever it stands."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from firewatch.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WITH_CONFIG = (["check-config"], ["feeds", "try"], ["serve"], ["accounts", "list"], ["quarantine", "list"], ["recheck"])


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIREWATCH_SECRET", raising=False)


@pytest.mark.parametrize("words", WITH_CONFIG, ids=lambda words: words[0])
def test_settings_that_cannot_be_read_are_refused_by_name(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(bytes(range(256)))
    for path, why in ((tmp_path / "missing.toml", "No such file"), (tmp_path, "Is a directory"), (binary, "UTF-8")):
        assert main([*words, "--config", str(path)]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith(f"firewatch {words[0]}: {path}: ")
        assert why in printed.err


@pytest.mark.parametrize("action", [["accounts", "list"], ["quarantine", "list"]], ids=lambda words: words[0])
def test_the_settings_may_be_named_before_or_after_the_action(
    action: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "missing.toml")
    for words in ([action[0], "--config", path, action[1]], [*action, "--config", path]):
        assert main(words) == 1
        assert f"{path}: (file): cannot be read" in capsys.readouterr().err


def test_accounts_need_no_secret_that_signs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "central.toml"
    path.write_text("", encoding="utf-8")
    assert main(["accounts", "list", "--config", str(path)]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("place", ["file/x.db", "x.db/y/z.db"])
def test_a_store_whose_folder_cannot_be_made_is_refused(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "central.toml"
    path.write_text(f'[store]\nurl = "sqlite:///{place}"\n', encoding="utf-8")
    (tmp_path / place.partition("/")[0]).write_bytes(b"")
    assert main(["accounts", "list", "--config", str(path)]) == 1
    assert "could not make the folder" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_certificate_file_that_checks_nothing_is_refused_before_the_service_starts(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "central.toml"
    path.write_text('[mqtt]\ntls_ca = "ca.pem"\n', encoding="utf-8")
    (tmp_path / "roster.toml").write_text("", encoding="utf-8")
    (tmp_path / "sites.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    assert main(["check-config", "--config", str(path)]) == 1
    assert f"mqtt.tls_ca: {tmp_path}/ca.pem is no certificate file" in capsys.readouterr().err


def test_a_reader_who_has_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    days = "".join(f"hy,2026-03-{day:02},18,40,10,0\n" for day in range(1, 31))
    path.write_text(f"station_id,date,temp_c,rh_pct,wind_kmh,rain_mm\n{days}", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "firewatch", "danger", "rate", str(path), "--latitude", "26.9"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
