"""A model's folder becomes a signed package, if the gate let that very model through."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.errors import ModelError
from firewatch.wire.model_package import GateSummary, Manifest, pack
from firewatch.wire.self_test import is_self_test_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from firewatch.wire.package_keys import SigningKey

__all__ = ["GATE_NAME", "PackOrder", "is_packed", "package_of"]

GATE_NAME = "gate.json"
_SHEET = "model.toml"
_CARD = "MODEL_CARD.md"
_GATE_SCHEMA = "firewatch-gate/1"


@dataclass(frozen=True, slots=True)
class PackOrder:
    """What goes into the list beside the files.

    Parameters
    ----------
    least_edge_version : str
        The oldest firewatch-edge that can run the model, as ``0.1.0``.
    created_at : datetime
        Aware.
    ungated : str
        Why there is no gate's report; empty where there is one.
    """

    least_edge_version: str
    created_at: datetime
    ungated: str = ""


def is_packed(name: str) -> bool:
    """Tell whether a file of a model's folder goes into the package: what runs, what explains, what the gate said."""
    return name in (_SHEET, _CARD, GATE_NAME) or name.endswith(".onnx") or is_self_test_file(name)


def package_of(files: Mapping[str, bytes], order: PackOrder, key: SigningKey, source: str) -> bytes:
    """Return the package of a model.

    Parameters
    ----------
    files : mapping of str to bytes
        The model's folder: those that `is_packed` says.
    order : PackOrder
        The rest of the list.
    key : SigningKey
        Signs.
    source : str
        The folder, for the error.

    Returns
    -------
    bytes
        See `firewatch.wire.model_package`.

    Raises
    ------
    ModelError
        If a file is missing or not the one that model.toml names, a text is out of range, or the gate refused the
        model, judged other files, or was not asked and no reason is given.
    """
    for name in (_SHEET, _CARD):
        if name not in files:
            raise ModelError(source, f"has no {name}: a package carries what runs and what explains it")
    sheet = _sheet(files[_SHEET], source)
    facts = {
        "schema": "firewatch-model/1",
        "name": sheet.get("name"),
        "version": sheet.get("version"),
        "least_edge_version": order.least_edge_version,
        "created_at": order.created_at,
        "key_id": key.key_id,
        # The true list is made where it is signed; its form needs two entries.
        "files": [{"name": name, "size": 1, "sha256": "0" * 64} for name in (_SHEET, _CARD)],
        "gate": _gate(files, order, source),
        "ungated": order.ungated,
    }
    try:
        manifest = msgspec.convert(facts, Manifest)
    except msgspec.ValidationError as err:
        raise ModelError(source, f"cannot be listed: {err}") from err
    return pack(files, manifest, key, source)


def _sheet(content: bytes, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except ValueError as err:
        raise ModelError(source, f"model.toml cannot be read: {err}") from err


def _gate(files: Mapping[str, bytes], order: PackOrder, source: str) -> GateSummary | None:
    if order.ungated:
        if GATE_NAME in files:
            raise ModelError(source, f"has a {GATE_NAME}: with it no reason for going without may be given")
        return None
    if GATE_NAME not in files:
        why = f"has no {GATE_NAME}: run `python -m models.gate`, or say by --ungated why the model goes without"
        raise ModelError(source, why)
    report = _report(files[GATE_NAME], source)
    if report.passed is not True:
        raise ModelError(source, "the gate refused this model; its report says by which test")
    judged = report.candidate.files
    odd = sorted(
        name
        for name in judged.keys() | {name for name in files if name == _SHEET or name.endswith(".onnx")}
        if name not in files or judged.get(name) != hashlib.sha256(files[name]).hexdigest()
    )
    if odd:
        why = f"the gate judged other files than these: {', '.join(odd)}; run `python -m models.gate` again"
        raise ModelError(source, why)
    return GateSummary(passed=True, against=report.current.version, tests=len(report.tests))


class _Judged(msgspec.Struct, frozen=True):
    version: str
    files: dict[str, str]


class _Report(msgspec.Struct, frozen=True):
    schema: str
    passed: bool
    candidate: _Judged
    current: _Judged
    tests: list[dict[str, Any]]


def _report(content: bytes, source: str) -> _Report:
    try:
        report = msgspec.json.decode(content, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ModelError(source, f"{GATE_NAME} cannot be read: {err}") from err
    if report.schema != _GATE_SCHEMA or not report.tests:
        raise ModelError(source, f"{GATE_NAME} is no report of a gate with tests ({_GATE_SCHEMA})")
    return report
