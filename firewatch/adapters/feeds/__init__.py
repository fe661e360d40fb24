"""Sources of weather and of hotspots, one file each; each fulfils `WeatherFeed` or `HotspotFeed`."""

from __future__ import annotations

__all__: list[str] = []
