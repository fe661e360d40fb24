"""A model is packed only if the gate let that very model through, or somebody says why it was not asked."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from firewatch.errors import ModelError
from firewatch.services.model_packing import PackOrder, is_packed, package_of
from firewatch.wire.model_package import Manifest, open_package
from firewatch.wire.package_keys import make_keys, read_signing_key, read_trusted

if TYPE_CHECKING:
    from collections.abc import Mapping

PAIR = make_keys()
KEY, TRUSTED = read_signing_key(PAIR.private_pem, "k"), read_trusted(PAIR.public_pem, "p")
ORDER = PackOrder("0.1.0", datetime(2026, 11, 26, tzinfo=UTC))
NETWORK = b"a network"
SHEET = f"""name = "smoke"
version = "0.3.0"
file = "smoke.onnx"
sha256 = "{hashlib.sha256(NETWORK).hexdigest()}"
""".encode()
FOLDER = {"model.toml": SHEET, "smoke.onnx": NETWORK, "MODEL_CARD.md": b"# Card\n"}


def report(files: Mapping[str, bytes] = FOLDER, **changes: object) -> bytes:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "MODEL_CARD.md"}
    facts = {
        "schema": "firewatch-gate/1",
        "passed": True,
        "candidate": {"version": "0.3.0", "files": hashes},
        "current": {"version": "0.2.0", "files": {}},
        "tests": [{"name": "val"}, {"name": "empty"}],
    }
    return json.dumps(facts | changes).encode()


def listed(files: Mapping[str, bytes], order: PackOrder = ORDER) -> Manifest:
    return open_package(package_of(files, order, KEY, "models/smoke"), TRUSTED, "f").manifest


def test_what_the_gate_let_through_is_packed_with_its_word() -> None:
    manifest = listed({**FOLDER, "gate.json": report()})
    assert manifest.gate is not None
    assert (manifest.gate.against, manifest.gate.tests) == ("0.2.0", 2)
    assert (manifest.name, manifest.version, manifest.least_edge_version) == ("smoke", "0.3.0", "0.1.0")
    assert manifest.created_at == ORDER.created_at
    assert {each.name for each in manifest.files} == {*FOLDER, "gate.json"}


def test_a_model_that_the_gate_refused_is_not_packed() -> None:
    with pytest.raises(ModelError, match="the gate refused this model"):
        listed({**FOLDER, "gate.json": report(passed=False)})


def test_another_model_than_the_one_judged_is_not_packed() -> None:
    looser = SHEET + b"threshold = 0.1\n"
    with pytest.raises(ModelError, match=r"judged other files than these: model\.toml"):
        listed({**FOLDER, "model.toml": looser, "gate.json": report()})
    with pytest.raises(ModelError, match=r"judged other files than these: int8\.onnx"):
        listed({**FOLDER, "int8.onnx": b"x", "gate.json": report()})
    with pytest.raises(ModelError, match=r"judged other files than these: int8\.onnx"):
        listed({**FOLDER, "gate.json": report({**FOLDER, "int8.onnx": b"x"})})


@pytest.mark.parametrize("bad", [b"{", b"\xff", report(schema="other/1"), report(tests=[]), report(passed="yes")])
def test_a_report_that_is_none_is_refused(bad: bytes) -> None:
    with pytest.raises(ModelError, match=r"gate\.json"):
        listed({**FOLDER, "gate.json": bad})


def test_without_the_gate_a_reason_is_needed_and_told_to_the_towers() -> None:
    with pytest.raises(ModelError, match="say by --ungated why"):
        listed(FOLDER)
    reasoned = PackOrder("0.1.0", ORDER.created_at, "the first model of this bureau")
    manifest = listed(FOLDER, reasoned)
    assert (manifest.gate, manifest.ungated) == (None, "the first model of this bureau")
    with pytest.raises(ModelError, match="no reason for going without may be given"):
        listed({**FOLDER, "gate.json": report()}, reasoned)


@pytest.mark.parametrize("missing", ["model.toml", "MODEL_CARD.md"])
def test_a_package_runs_and_explains_itself(missing: str) -> None:
    files = {name: content for name, content in FOLDER.items() if name != missing}
    with pytest.raises(ModelError, match=f"has no {missing}"):
        listed({**files, "gate.json": report(files)})


def test_a_sheet_without_a_version_or_that_is_no_toml_is_refused() -> None:
    for sheet, why in ((b'name = "smoke"\n', "cannot be listed"), (b"= x", "cannot be read")):
        files = {**FOLDER, "model.toml": sheet}
        with pytest.raises(ModelError, match=why):
            listed({**files, "gate.json": report(files)})


def test_how_a_model_was_trained_stays_at_home() -> None:
    names = ("model.toml", "MODEL_CARD.md", "gate.json", "smoke.onnx", "train.toml", "last.pt")
    assert [is_packed(name) for name in names] == [True, True, True, True, False, False]
