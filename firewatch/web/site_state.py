"""Towers, cameras and stations: as JSON, as GeoJSON, and whether the eyes are open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import Bearing
from firewatch.geodesy import as_geojson_polygon, sector_polygon
from firewatch.services.eyes import blind_cameras, camera_sees
from firewatch.web.schemas import EyesOut, StationOut, TomorrowOut, TowerOut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from firewatch.domain.sites import Camera, Pose, SiteMap, Station, Tower
    from firewatch.services.danger_views import DangerBoard
    from firewatch.services.views import NodeView, StationReading
    from firewatch.web.words import Speaker

__all__ = ["eyes_out", "sites_geojson", "stations_out", "tomorrow_out", "towers_out"]

# A rating comes once a day, after noon: before noon yesterday's is the latest there can be.
_RATING_DAYS = 1


def eyes_out(sites: SiteMap, nodes: Sequence[NodeView], at: datetime) -> EyesOut:
    """Return how many cameras are looking, how many are blind against all plans, and when the last frame was taken."""
    total = sum(len(tower.cameras) for tower in sites.towers)
    frames = [taken for node in nodes for taken in _frame_times(node)]
    online = sum(_online(tower, nodes, at) for tower in sites.towers)
    blind = [one for one in blind_cameras(sites, nodes, at) if not one.is_meant]
    since = min((one.since for one in blind if one.since is not None), default=None)
    return EyesOut(
        online=online, total=total, last_frame_at=max(frames, default=None), blind=len(blind), blind_since=since
    )


def _frame_times(node: NodeView) -> Iterator[datetime]:
    if node.vitals is not None:
        for camera in node.vitals.vitals.cameras:
            if camera.frame_age_s is not None:
                yield node.vitals.vitals.at - timedelta(seconds=camera.frame_age_s)


def _online(tower: Tower, nodes: Sequence[NodeView], at: datetime) -> int:
    known = {camera.camera_id for camera in tower.cameras}
    return sum(
        camera.camera_id in known and camera_sees(node, camera, at)
        for node in nodes
        if node.tower_id == tower.tower_id and node.vitals is not None
        for camera in node.vitals.vitals.cameras
    )


def towers_out(nodes: Sequence[NodeView], speaker: Speaker, at: datetime) -> list[TowerOut]:
    """Return every tower with how many of its cameras are looking."""
    return [
        TowerOut(
            tower_id=tower.tower_id,
            name=speaker.name(tower.name),
            lat_deg=tower.position.lat_deg,
            lon_deg=tower.position.lon_deg,
            online=_online(tower, nodes, at),
            total=len(tower.cameras),
        )
        for tower in speaker.sites.towers
    ]


def stations_out(readings: Sequence[StationReading], speaker: Speaker, at: datetime) -> list[StationOut]:
    """Return every station with its rating of today or yesterday; an older one is no rating, and said to be old."""
    by_id = {reading.station_id: reading for reading in readings}
    return [_station(station, by_id.get(station.station_id), speaker, at) for station in speaker.sites.stations]


def tomorrow_out(board: DangerBoard, speaker: Speaker, at: datetime) -> TomorrowOut:
    """Return tomorrow's highest danger, of the first station that has it."""
    day = at.astimezone(speaker.time_zone).date() + timedelta(days=1)
    ratings = [danger.on(day)[0] for danger in board.dangers(day, day, at)]
    graded = [(rating.grade.value, rating.station_id) for rating in ratings if rating is not None and rating.grade]
    grade, station = max(graded, key=lambda one: one[0], default=(None, ""))
    return TomorrowOut(day=day, grade=grade, station=speaker.station(station), missing=len(ratings) - len(graded))


def _station(station: Station, reading: StationReading | None, speaker: Speaker, at: datetime) -> StationOut:
    latest = reading.rating if reading else None
    is_old = latest is not None and speaker.days_ago(latest.weather_day, at) > _RATING_DAYS
    rating = None if is_old else latest
    return StationOut(
        station_id=station.station_id,
        name=speaker.name(station.name),
        lat_deg=station.position.lat_deg,
        lon_deg=station.position.lon_deg,
        grade=rating.grade.value if rating and rating.grade else None,
        words=speaker.danger(rating),
        weather_day=latest.weather_day if latest else None,
        weather=speaker.weather(reading.weather if reading and not is_old else None),
        marks=[speaker.old_danger(latest)] if latest and is_old else speaker.marks(rating),
    )


def sites_geojson(speaker: Speaker) -> dict[str, object]:
    """Return towers, view cones and stations as GeoJSON (RFC 7946), told apart by the property `kind`."""
    features: list[dict[str, object]] = []
    for tower in speaker.sites.towers:
        facts = {"kind": "tower", "tower_id": tower.tower_id, "name": speaker.name(tower.name)}
        features.append(_feature(_point(tower.position.lon_deg, tower.position.lat_deg), facts))
        cones = ((camera, pose) for camera in tower.cameras for pose in camera.poses)
        features.extend(_cone(tower, camera, pose) for camera, pose in cones)
    for station in speaker.sites.stations:
        facts = {"kind": "station", "station_id": station.station_id, "name": speaker.name(station.name)}
        features.append(_feature(_point(station.position.lon_deg, station.position.lat_deg), facts))
    return {"type": "FeatureCollection", "features": features}


def _cone(tower: Tower, camera: Camera, pose: Pose) -> dict[str, object]:
    look = pose.calibration
    axis = Bearing(look.azimuth_deg, look.sigma_deg)
    outline = sector_polygon(tower.position, axis, look.hfov_deg / 2.0, camera.range_m)
    facts = {"kind": "cone", "tower_id": tower.tower_id, "camera_id": camera.camera_id, "pose_id": pose.pose_id}
    return _feature(as_geojson_polygon(outline), facts)


def _point(lon_deg: float, lat_deg: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [lon_deg, lat_deg]}


def _feature(geometry: dict[str, object], properties: dict[str, str]) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
