"""TOML files of one's own, read strictly: whatever does not fit is told with file, key and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["parse_toml", "read_content"]

_Value = TypeVar("_Value")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Windows saves it


def read_content(path: Path, what: str) -> bytes:
    """Return a file's bytes; raise `ConfigError`, which calls it `what`, if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as err:
        raise ConfigError(str(path), what, f"cannot be read: {err.strerror}") from err


def parse_toml(content: bytes, source: str, what: str, kind: Any, build: Callable[[Any], _Value]) -> _Value:
    """Return what a file's content is built into.

    Parameters
    ----------
    content : bytes
        Of the file, in UTF-8, with or without a byte order mark.
    source, what : str
        The file's name, and what it is called in messages.
    kind : type
        What msgspec reads it as.
    build : callable
        Makes the value of what was read; may raise `InvalidValue`.

    Raises
    ------
    ConfigError
        If it is no text, has an unknown or missing key, or a value that is not allowed.
    """
    try:
        return build(msgspec.toml.decode(content.removeprefix(_BYTE_ORDER_MARK), type=kind))
    except UnicodeDecodeError as err:
        raise ConfigError(source, what, f"byte {err.start + 1} is no text in UTF-8") from err
    except msgspec.DecodeError as err:
        raise ConfigError(source, what, str(err)) from err
    except InvalidValue as err:
        raise ConfigError(source, err.what, f"is {err.given!r}; allowed is {err.allowed}") from err
