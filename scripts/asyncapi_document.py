"""Builds the AsyncAPI 3 document of wire version 1 from the messages and the topics."""

from __future__ import annotations

from typing import Any

import msgspec

from firewatch.wire import remote_v1, topics, v1
from firewatch.wire.topics import Kind

__all__ = ["JSON_MESSAGES", "build", "message_name"]

JSON_MESSAGES: tuple[type[msgspec.Struct], ...] = (
    v1.SightingV1,
    v1.EvidenceHeaderV1,
    v1.ReceiptsV1,
    v1.StatusV1,
    v1.VitalsV1,
    v1.SettingsV1,
    remote_v1.CommandV1,
    remote_v1.ReplyV1,
    v1.ObservationV1,
    v1.IncidentV1,
)

# Kind: message, quality of service, retained, what the centre does, in one line.
_CHANNELS: dict[Kind, tuple[str, int, bool, str, str]] = {
    Kind.SIGHTINGS: ("sighting", 1, False, "receive", "A sighting opens, grows and ends: same id, rising revision."),
    Kind.BACKFILL: ("sighting", 1, False, "receive", "The same, late; read with lower priority."),
    Kind.EVIDENCE: ("evidence", 1, False, "receive", "One JPEG each, behind a short header with its ids."),
    Kind.RECEIPTS: ("receipts", 1, False, "send", "What became of messages, after the centre's commit."),
    Kind.STATUS: ("status", 1, True, "receive", "Birth, orderly stop and last will of a node."),
    Kind.VITALS: ("vitals", 0, False, "receive", "How a node is, every 30 s."),
    Kind.SETTINGS: ("settings", 1, True, "send", "What the centre sets of a tower: danger rating, thresholds, masks."),
    Kind.COMMANDS: ("command", 1, False, "send", "What the centre asks of a tower; expires, and is never retained."),
    Kind.REPLIES: ("reply", 1, False, "receive", "What a tower answers to commands."),
    Kind.LIVE: ("evidence", 0, False, "receive", "Small pictures of a live look, one a second; nobody keeps them."),
    Kind.OBSERVATIONS: ("observation", 1, False, "receive", "Weather readings of a station."),
    Kind.INCIDENT: ("incident", 1, True, "send", "The snapshot of an incident for any other system."),
}
_PARAMETERS = {
    "tower": "Name of the tower.",
    "camera": "Name of the camera on its tower.",
    "station": "Name of the weather station.",
    "incident": "ULID of the incident.",
}
_EVIDENCE_LAYOUT = (
    "Binary: the four bytes `FWE1`; the length of the header as two bytes, big-endian; the header, which is JSON of "
    "the schema `EvidenceHeaderV1`; the JPEG. A crop has at most 60 kB, a whole frame at most 150 kB."
)


def message_name(kind: type[msgspec.Struct]) -> str:
    """Return the last part of a message's schema name, as ``sighting``."""
    return str(kind.__struct_config__.tag).rsplit("/", 1)[-1]


def build() -> dict[str, Any]:
    """Return the document as plain values, always in the same order."""
    _, schemas = msgspec.json.schema_components(JSON_MESSAGES, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "firewatch wire",
            "version": "1.0.0",
            "description": (
                "What crosses the network between watchtowers, weather stations, the central service and other "
                "systems, over MQTT 3.1.1 or 5. A sender keeps a message until a receipt names its `message_id`."
            ),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {kind.value: _channel(kind) for kind in _CHANNELS},
        "operations": {f"{_CHANNELS[kind][3]}{kind.value.capitalize()}": _operation(kind) for kind in _CHANNELS},
        "components": {
            "messages": {message_name(kind): _message(kind) for kind in JSON_MESSAGES},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _channel(kind: Kind) -> dict[str, Any]:
    name, _, _, _, summary = _CHANNELS[kind]
    address = topics.ALL_OF[kind]
    used = [parameter for parameter in _PARAMETERS if f"/{parameter}s/+" in address]
    for parameter in used:
        address = address.replace(f"/{parameter}s/+", f"/{parameter}s/{{{parameter}}}")
    return {
        "address": address,
        "title": kind.value,
        "summary": summary,
        "parameters": {parameter: {"description": _PARAMETERS[parameter]} for parameter in used},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operation(kind: Kind) -> dict[str, Any]:
    name, qos, retain, action, summary = _CHANNELS[kind]
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{kind.value}"},
        "messages": [{"$ref": f"#/channels/{kind.value}/messages/{name}"}],
        "bindings": {"mqtt": {"qos": qos, "retain": retain, "bindingVersion": "0.2.0"}},
    }


def _message(kind: type[msgspec.Struct]) -> dict[str, Any]:
    name = message_name(kind)
    is_evidence = kind is v1.EvidenceHeaderV1
    summary = (kind.__doc__ or "").strip().splitlines()[0]
    message: dict[str, Any] = {"name": str(kind.__struct_config__.tag), "title": name, "summary": summary}
    if is_evidence:
        return {
            **message,
            "description": _EVIDENCE_LAYOUT,
            "contentType": "application/octet-stream",
            "payload": {"type": "string", "format": "binary"},
            "x-header": {"$ref": f"#/components/schemas/{kind.__name__}"},
        }
    return {
        **message,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }
