"""Occurrence models as JSON: every number in full, so that a model read is the model written, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from firewatch.adapters.whole_file import write_whole
from firewatch.danger.occurrence import CurveTerm, FitRecord, LinearTerm, Link, OccurrenceModel
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.danger.occurrence import Term

__all__ = ["read_occurrence_model", "write_occurrence_model"]

_SCHEMA: Final = "firewatch/occurrence/1"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _Linear(_File, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="line"):
    column: str
    part: str
    centre: float
    slope: float


class _Curve(_File, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="curve"):
    column: str
    part: str
    at: tuple[float, ...]
    height: tuple[float, ...]


class _Model(_File, frozen=True, forbid_unknown_fields=True):
    schema: Literal["firewatch/occurrence/1"]
    link: Link
    base: float
    terms: tuple[_Linear | _Curve, ...]
    record: FitRecord | None = None


def write_occurrence_model(path: Path, model: OccurrenceModel) -> None:
    """Write a model whole or not at all; raise `ObservationError` if it cannot be written."""
    terms = tuple(_written(term) for term in model.terms)
    content = msgspec.json.encode(_Model(_SCHEMA, model.link, model.base, terms, model.record))
    write_whole(path, msgspec.json.format(content, indent=1) + b"\n")


def read_occurrence_model(path: Path) -> OccurrenceModel:
    """Return the model of a file.

    Raises
    ------
    ConfigError
        If the file cannot be read, or is no such model.
    """
    source = str(path)
    try:
        parsed = msgspec.json.decode(path.read_bytes(), type=_Model)
        return OccurrenceModel(parsed.link, parsed.base, tuple(_read(term) for term in parsed.terms), parsed.record)
    except OSError as err:
        raise ConfigError(source, "occurrence model", f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(source, "occurrence model", f"byte {err.start + 1} is no text in UTF-8") from err
    except msgspec.DecodeError as err:
        raise ConfigError(source, "occurrence model", str(err)) from err
    except InvalidValue as err:
        raise ConfigError(source, err.what, f"is {err.given!r}; allowed is {err.allowed}") from err


def _written(term: Term) -> _Linear | _Curve:
    if isinstance(term, LinearTerm):
        return _Linear(term.column, term.part, term.centre, term.slope)
    return _Curve(term.column, term.part, term.at, term.height)


def _read(term: _Linear | _Curve) -> Term:
    if isinstance(term, _Linear):
        return LinearTerm(term.column, term.part, term.centre, term.slope)
    return CurveTerm(term.column, term.part, term.at, term.height)
