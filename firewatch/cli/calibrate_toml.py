"""A calibration as a tower's node reads it: lines for its edge.toml."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firewatch.domain.optics import Calibration

__all__ = ["FOR_EDGE", "edge_lines"]

FOR_EDGE = "for edge.toml, in place of these keys of the pose; then restart the node:"


def edge_lines(calibration: Calibration) -> str:
    """Return the lines of a pose in ``edge.toml`` that give a node the same calibration as the sites get.

    A bracket that leans is the camera's, not the pose's: it comes first, as a table that belongs before the pose's.
    """
    import msgspec

    from firewatch.adapters.sites_edit import pose_fields
    from firewatch.optics_forms import MountForm

    fields = pose_fields(calibration)
    fields["calibration_id"] = fields.pop("calibration")
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items()]
    if calibration.mount is None:
        return "\n".join(lines)
    bracket = msgspec.to_builtins(MountForm.of(calibration.mount))
    told = [f"{key} = {_toml(value)}" for key, value in bracket.items()]
    return "\n".join(["[camera.bracket]", *told, "[camera.pose]  # or [[camera.poses]], of one that turns", *lines])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL, which no calibration's name has.
        return json.dumps(value, ensure_ascii=False)
    return repr(float(value))
