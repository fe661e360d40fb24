"""The text of a first edge.toml."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch.wire.enrolment import Enrolled

__all__ = ["FirstCamera", "edge_file"]

_HEAD = """\
# The settings of this tower's node, written by `firewatch-edge init`. Relative paths start from this file's folder.
# docs/reference/configuration.md tells every key; `firewatch-edge check-config --config edge.toml` what is in effect.

[tower]
id = {tower}

"""
_CAMERA = """\
[[camera]]
id = {id}
kind = {kind}
{place} = {url}

[camera.pose]                   # check both on the mast: a wrong azimuth puts the fire on the wrong hill
azimuth_deg = {azimuth_deg}     # true azimuth of the picture's middle, clockwise from north
hfov_deg = {hfov_deg}           # horizontal field of view
"""
_NO_CAMERA = """\
# The first camera: take the "# " away and fill in what is between quotes; docs/how-to/connect-a-camera.md.
# [[camera]]
# id = "north"
# kind = "stream"               # snapshot | stream | mjpeg
# url = "rtsp://192.168.1.20/stream1"
# username = "viewer"
# password_env = "CAMERA_NORTH_PASSWORD"
# [camera.pose]
# azimuth_deg = 0.0             # true azimuth of the picture's middle, clockwise from north
# hfov_deg = 54.0               # horizontal field of view
"""
_MQTT = """
[mqtt]
host = {host}
port = {port}

[mqtt.tls]
ca_file = "tls/ca.pem"
cert_file = "tls/tower.pem"     # key and certificate; `firewatch-edge init --renew` replaces both at once
"""


@dataclass(frozen=True, slots=True)
class FirstCamera:
    """What is known of the first camera."""

    id: str
    kind: str
    url: str
    azimuth_deg: float
    hfov_deg: float


def edge_file(enrolled: Enrolled, camera: FirstCamera | None) -> bytes:
    """Return the settings of an enrolled tower."""
    text = _HEAD.format(tower=_quoted(enrolled.tower))
    if camera is None:
        text += _NO_CAMERA
    else:
        text += _CAMERA.format(
            id=_quoted(camera.id),
            kind=_quoted(camera.kind),
            place="path" if camera.kind in {"device", "folder", "video"} else "url",
            url=_quoted(camera.url),
            azimuth_deg=camera.azimuth_deg,
            hfov_deg=camera.hfov_deg,
        )
    return (text + _MQTT.format(host=_quoted(enrolled.broker_host), port=enrolled.broker_port)).encode("utf-8")


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
