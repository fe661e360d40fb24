"""Turns cameras: ONVIF devices found and driven."""

from __future__ import annotations

from firewatch_edge.mount.discovery import FoundDevice, discover
from firewatch_edge.mount.onvif import OnvifAddress, OnvifFacts, OnvifMount

__all__ = ["FoundDevice", "OnvifAddress", "OnvifFacts", "OnvifMount", "discover"]
