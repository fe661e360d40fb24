"""Sources of weather and of hotspots, one file each; each fulfils `WeatherFeed` or `HotspotFeed`."""

__all__: list[str] = []
