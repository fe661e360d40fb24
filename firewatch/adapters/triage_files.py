"""Triage weights as files: an expert table (TOML), or learned ones (JSON) with what they rest on and a hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from firewatch.adapters.checked_toml import parse_toml, read_content
from firewatch.adapters.whole_file import write_whole
from firewatch.errors import ConfigError, InvalidValue
from firewatch.fusion.triage import TriageModel, TriageRecord, TriageWeights

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TRIAGE_KINDS", "read_triage_model", "write_triage_model"]

TRIAGE_KINDS = (".toml", ".json")
_SCHEMA: Final = "firewatch/triage/1"
_WHAT = "triage weights"
_FALLBACK = 'train anew, or set triage.weights = "" for the built-in expert table'


class _Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    base: float
    tower: float
    persistence: float
    growth: float
    towers: float
    geometry: float
    hotspots: float
    danger: float
    hour: float
    calendar: float
    sources: float
    history: float

    def told(self) -> TriageWeights:
        """Return them as fusion takes them; raise `InvalidValue` if one is beyond its limits."""
        return TriageWeights(**msgspec.structs.asdict(self))


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    weights: _Weights


class _Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: Literal["firewatch/triage/1"]
    weights: _Weights
    record: TriageRecord
    sha256: str


def read_triage_model(path: Path) -> TriageModel:
    """Return the weights of a file.

    Parameters
    ----------
    path : Path
        An expert table (``.toml``, as configs/triage.toml), or what `write_triage_model` wrote (``.json``).

    Raises
    ------
    ConfigError
        If the file cannot be read, is neither, lacks a weight or has an unknown one, if a weight is beyond its limits,
        or if the learned numbers are not those that were written.
    """
    if path.suffix == ".toml":
        content = read_content(path, _WHAT)
        return TriageModel(parse_toml(content, str(path), _WHAT, _Table, lambda table: table.weights.told()))
    if path.suffix == ".json":
        return _read_learned(path)
    raise ConfigError(str(path), _WHAT, f"allowed is a file that ends in {' or '.join(TRIAGE_KINDS)}")


def write_triage_model(path: Path, model: TriageModel) -> None:
    """Write learned weights whole or not at all.

    Raises
    ------
    InvalidValue
        If the name does not end in .json, or they have no record of what they rest on.
    ObservationError
        If the file cannot be written.
    """
    if path.suffix != ".json":
        raise InvalidValue("name of the learned weights", path.name, "one that ends in .json")
    if model.record is None:
        raise InvalidValue("record of the learned weights", "none", "what they were learned from")
    weights = _as_struct(model.weights)
    learned = _Learned(_SCHEMA, weights, model.record, _hash_of(weights, model.record))
    write_whole(path, msgspec.json.format(msgspec.json.encode(learned), indent=1) + b"\n")


def _as_struct(weights: TriageWeights) -> _Weights:
    return msgspec.convert(msgspec.to_builtins(weights), _Weights)


def _hash_of(weights: _Weights, record: TriageRecord) -> str:
    return hashlib.sha256(msgspec.json.encode((weights, record), order="deterministic")).hexdigest()


def _read_learned(path: Path) -> TriageModel:
    source, content = str(path), read_content(path, _WHAT)
    try:
        learned = msgspec.json.decode(content, type=_Learned)
        weights = learned.weights.told()
    except UnicodeDecodeError as err:
        raise ConfigError(source, _WHAT, f"byte {err.start + 1} is no text in UTF-8; {_FALLBACK}") from err
    except msgspec.DecodeError as err:
        raise ConfigError(source, _WHAT, f"{err}; {_FALLBACK}") from err
    except InvalidValue as err:
        raise ConfigError(source, err.what, f"is {err.given!r}; allowed is {err.allowed}; {_FALLBACK}") from err
    if learned.sha256 != _hash_of(learned.weights, learned.record):
        raise ConfigError(source, "sha256", f"the numbers are not those that were written; {_FALLBACK}")
    return TriageModel(weights, learned.record)
