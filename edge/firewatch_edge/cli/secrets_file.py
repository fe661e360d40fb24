"""The file of passwords beside edge.toml: what systemd reads as `EnvironmentFile`, and the commands on a tower too."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

__all__ = ["is_open_to_others", "read_secrets", "secrets_path", "secrets_with", "take_secrets"]

_HEAD = "# Passwords of this tower's cameras, for firewatch-edge and its systemd unit (EnvironmentFile). Mode 600.\n"
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secrets_path(config: Path) -> Path:
    """Return where the passwords of a settings file lie: edge.env beside edge.toml."""
    return config.with_suffix(".env")


def read_secrets(path: Path) -> dict[str, str]:
    """Return the variables of a file; empty where there is none, or it is not for us to read.

    Raises
    ------
    ConfigError
        If a line is no ``NAME=value``; the value is not told.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, PermissionError):
        return {}
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "file", f"it cannot be read: {err}") from err
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        name, is_there, value = line.partition("=")
        if not is_there or not name.strip().isidentifier():
            raise ConfigError(str(path), f"line {number}", "it is no NAME=value")
        found[name.strip()] = _plain(path, number, value)
    return found


def _plain(path: Path, number: int, value: str) -> str:
    """Take the quotes off a value, as a shell and systemd do alike."""
    try:
        return "".join(shlex.split(value))
    except ValueError as err:
        raise ConfigError(str(path), f"line {number}", f"a quote is not closed ({err})") from err


def take_secrets(config: Path, environment: MutableMapping[str, str] | None = None) -> None:
    """Put the passwords of a settings file into the environment, where that does not have them already."""
    known = os.environ if environment is None else environment
    for name, value in read_secrets(secrets_path(config)).items():
        known.setdefault(name, value)


def secrets_with(path: Path, new: Mapping[str, str]) -> bytes:
    """Return the file with some variables more; what else stands in it stays."""
    old = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    kept = [line for line in old.splitlines() if line.partition("=")[0].strip() not in new]
    added = [f"{name}={shlex.quote(value)}" for name, value in new.items()]
    return ("\n".join([*kept, *added]) + "\n").encode("utf-8")


def is_open_to_others(path: Path) -> bool:
    """Tell whether anybody but its owner may read a file."""
    try:
        return bool(path.stat().st_mode & _FOR_OTHERS)
    except OSError:
        return False
