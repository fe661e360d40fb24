"""Decided incidents as a file: what `firewatch triage` reads from the centre, to keep or to learn from elsewhere."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the types of fields at run time
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from firewatch.adapters.whole_file import write_whole
from firewatch.errors import InvalidValue, ObservationError
from firewatch.fusion.triage import TERMS, Term, TriageCase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["read_triage_cases", "write_triage_cases"]

_SCHEMA: Final = "firewatch/triage-cases/1"
_WHAT = "(file)"


class _Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    incident_id: str
    day: date
    place: str
    verdict: str
    strengths: dict[str, float]


class _Cases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: Literal["firewatch/triage-cases/1"]
    cases: list[_Case]
    simulated: bool = False


def write_triage_cases(path: Path, cases: Sequence[TriageCase], *, simulated: bool = False) -> None:
    """Write decided incidents whole or not at all; raise `ObservationError` if they cannot be written."""
    rows = [
        _Case(c.incident_id, c.day, c.place, c.verdict, dict(zip((t.value for t in TERMS), c.strengths, strict=True)))
        for c in cases
    ]
    content = msgspec.json.encode(_Cases(_SCHEMA, rows, simulated))
    write_whole(path, msgspec.json.format(content, indent=1) + b"\n")


def read_triage_cases(path: Path) -> tuple[tuple[TriageCase, ...], bool]:
    """Return decided incidents, and whether they are a simulation's.

    Raises
    ------
    ObservationError
        If the file cannot be read, is no such file, or has a case that cannot be.
    """
    try:
        parsed = msgspec.json.decode(path.read_bytes(), type=_Cases)
        return tuple(_case(each) for each in parsed.cases), parsed.simulated
    except OSError as err:
        raise ObservationError(_WHAT, str(path), f"cannot be read: {err.strerror}") from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ObservationError(_WHAT, str(path), str(err)) from err
    except InvalidValue as err:
        raise ObservationError(_WHAT, str(path), str(err)) from err


def _case(given: _Case) -> TriageCase:
    if set(given.strengths) != {term.value for term in Term}:
        allowed = f"one for each of {', '.join(TERMS)}"
        raise InvalidValue(f"strengths of {given.incident_id}", ", ".join(given.strengths), allowed)
    kind, _, reason = given.verdict.partition(":")
    if kind not in {"confirmed", "rejected"} or (kind == "rejected") != bool(reason):
        raise InvalidValue(f"verdict of {given.incident_id}", given.verdict, "confirmed, or rejected:REASON")
    strengths = tuple(given.strengths[term] for term in TERMS)
    return TriageCase(given.incident_id, given.day, given.place, kind == "confirmed", given.verdict, strengths)
