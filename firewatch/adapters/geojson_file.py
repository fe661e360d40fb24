"""A GeoJSON file (RFC 7946) as one of our forms, or an error that names the file and the place in it."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_geojson"]

_Form = TypeVar("_Form")


def read_geojson(path: Path, form: type[_Form]) -> _Form:
    """Read a file.

    Raises
    ------
    ConfigError
        If it cannot be read, or does not have the form.
    """
    try:
        # Editors of Windows write a mark before the first letter.
        return msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8), type=form)
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "(GeoJSON)", str(err)) from err
