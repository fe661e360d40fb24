"""The generated documents are current and hold together."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from firewatch.wire.topics import ALL_OF, Kind

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))
    return loaded


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in references(item)]
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    return []


def test_stored_copies_are_current() -> None:
    done = subprocess.run([sys.executable, "scripts/schema.py", "--check"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_kind_of_topic_has_its_channel(document: dict[str, Any]) -> None:
    assert set(document["channels"]) == {kind.value for kind in Kind}
    for kind, topic_filter in ALL_OF.items():
        assert re.sub(r"\{[a-z]+\}", "+", document["channels"][kind.value]["address"]) == topic_filter


def test_every_parameter_of_an_address_is_described(document: dict[str, Any]) -> None:
    for channel in document["channels"].values():
        assert set(re.findall(r"\{([a-z]+)\}", channel["address"])) == set(channel["parameters"])


def test_the_document_has_what_asyncapi_3_requires(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])
    for message in document["components"]["messages"].values():
        assert {"payload", "contentType", "name"} <= message.keys()
