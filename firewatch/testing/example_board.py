"""A busy quarter of an hour around Hengyang (invented), to look at pages with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace as replace_camera

from firewatch.domain.alert import Acknowledgement, Alert, Notification, NotifyReason
from firewatch.domain.danger import DangerGrade, DangerRating, FwiIndices, HtzParts, MoistureCodes
from firewatch.domain.geo import Bearing, ErrorEllipse, Fix, Position, wrap_deg
from firewatch.domain.ids import (
    AlertId,
    CameraId,
    EvidenceId,
    IncidentId,
    NotificationId,
    PersonId,
    PoseId,
    SightingId,
    StationId,
    TowerId,
)
from firewatch.domain.incident import AlertRaised, BeliefChanged, Confirmed, Located, Rated, Rejected, RejectReason
from firewatch.domain.optics import Calibration
from firewatch.domain.roster import LOCAL_OPERATOR, Person, Role
from firewatch.domain.sites import Area, Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.domain.vision import Evidence, EvidenceKind, FrameStamp, Look, Sighting, SightingPhase
from firewatch.domain.weather import Observation
from firewatch.geodesy import inverse
from firewatch.services.ports import StatusArrived, VitalsArrived
from firewatch.services.views import NodeView, QuarantinedView, StationReading
from firewatch.testing.board import BoardFake, Ulids
from firewatch.testing.pictures import HEIGHT, WIDTH, drawn, smoke_box
from firewatch.wire.v1 import (
    BlindTimeV1,
    CameraConditionV1,
    CameraVitalsV1,
    EyesOpenV1,
    MachineV1,
    StatusV1,
    VitalsV1,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXAMPLE_PEOPLE", "ExampleBoard", "example_sites"]

_MODEL = hashlib.sha256(b"example").hexdigest()
_TOWERS = (
    ("nanyue", "南岳塔", "Nanyue tower", 27.236, 112.690, 3),
    ("jiuguan", "九观塔", "Jiuguan tower", 27.020, 112.842, 4),
    ("yumu", "雨母塔", "Yumu tower", 26.868, 112.478, 3),
    ("qifeng", "岐峰塔", "Qifeng tower", 26.706, 112.730, 2),
)
_STATIONS = (
    ("hengshan", "衡山", "Hengshan", 27.23, 112.87, DangerGrade.HIGH, "430423"),
    ("hengnan", "衡南", "Hengnan", 26.74, 112.68, DangerGrade.ELEVATED, "430422"),
    ("hengdong", "衡东", "Hengdong", 27.08, 112.95, DangerGrade.EXTREME, "430424"),
    ("xidu", "西渡", "Xidu", 26.97, 112.37, None, "430421"),
)
# The last has no station.
_AREAS = (
    ("430421", "衡阳县", "Hengyang County"),
    ("430422", "衡南县", "Hengnan"),
    ("430423", "衡山县", "Hengshan"),
    ("430424", "衡东县", "Hengdong"),
    ("430482", "常宁市", "Changning"),
)
EXAMPLE_PEOPLE = (
    Person(PersonId("chen"), "陈值班", Role.OFFICER, ("webhook:http://127.0.0.1/x",)),
    Person(PersonId("liu"), "刘值班长", Role.CHIEF, ("mailto:liu@example.org",)),
    Person(PersonId("zhou"), "周护林员", Role.RANGER, ("webhook:http://127.0.0.1/y",)),
)


def example_sites() -> SiteMap:
    """Return four invented towers with twelve cameras, four stations, and five county-level units."""
    towers = tuple(_tower(*facts) for facts in _TOWERS)
    stations = tuple(
        Station(StationId(key), Name(zh, en), Position(lat, lon), code) for key, zh, en, lat, lon, _, code in _STATIONS
    )
    areas = tuple(Area(code, Name(zh, en)) for code, zh, en in _AREAS)
    return SiteMap(towers, stations, is_illustrative=True, areas=areas)


def _tower(key: str, zh: str, en: str, lat: float, lon: float, count: int) -> Tower:
    cameras = []
    for number in range(count):
        look = Calibration(f"{key}-{number}", wrap_deg(30.0 + number * 360.0 / count), -2.0, 62.0, 0.4)
        cameras.append(Camera(CameraId(f"c{number + 1}"), (Pose(PoseId("home"), look),), 18_000.0))
    return Tower(TowerId(key), Name(zh, en), Position(lat, lon, 600.0), tuple(cameras))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Which camera sees it."""

    sighting_id: SightingId
    tower: Tower
    camera: Camera


class ExampleBoard:
    """Fills a `BoardFake` step by step.

    Parameters
    ----------
    now : datetime
        UTC instant that the scene leads up to.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.sites = example_sites()
        self.board = BoardFake(self.sites, EXAMPLE_PEOPLE)
        self._ulids = Ulids(7)
        self.board.readings_now = tuple(self._reading(key, grade) for key, _, _, _, _, grade, _ in _STATIONS)
        self.board.nodes_now = tuple(self._node(tower) for tower in self.sites.towers)
        self.board.quarantined_now = (self._quarantined(),)

    def _reading(self, key: str, grade: DangerGrade | None) -> StationReading:
        station_id = StationId(key)
        noon = self.now.replace(hour=4, minute=0, second=0, microsecond=0)
        if grade is None:
            return StationReading(station_id, None, None)
        return StationReading(station_id, _rating(station_id, noon, grade), _weather(station_id, noon))

    def _node(self, tower: Tower) -> NodeView:
        is_blind = tower.tower_id == "qifeng"
        started = self.now - timedelta(hours=31)
        boot = self._ulids.make(started)
        cameras = tuple(
            replace_camera(
                CameraVitalsV1(
                    camera_id=camera.camera_id,
                    frame_age_s=340.0 if is_blind else 6.0 + 2 * number,
                    fps=0.0 if is_blind and number else 0.1,
                    is_silent=is_blind and number > 0,
                ),
                **_health(is_blind and number > 0, is_turned=tower.tower_id == "yumu" and number == 1, at=self.now),
            )
            for number, camera in enumerate(tower.cameras)
        )
        vitals = VitalsV1(
            at=self.now - timedelta(seconds=9),
            boot_id=boot,
            cameras=cameras,
            disk_free_bytes=41 << 30,
            outbox_depth=0,
            model_sha256=_MODEL,
            clock_offset_s=0.04,
            machine=MachineV1(cpu_load=0.55, memory_used=0.42, process_bytes=512 << 20, temperature_c=58.0),
            uptime_s=111_600.0,
        )
        status = StatusV1(state="online", at=started, boot_id=boot, software="firewatch-edge 0.1.0")
        heard_at = self.now - timedelta(seconds=8)
        return NodeView(
            tower.tower_id,
            StatusArrived(tower.tower_id, status, started),
            VitalsArrived(tower.tower_id, vitals, heard_at),
        )

    def _quarantined(self) -> QuarantinedView:
        topic = "firewatch/v1/towers/nanyue/cameras/c1/sightings"
        first, last = self.now - timedelta(hours=3), self.now - timedelta(minutes=50)
        reason, payload = "Expected `float`, got `str` - at `$.score`", b'{"score":"high"}'
        return QuarantinedView("5b" * 32, topic, reason, 4, first, last, payload)

    def sighting(self, tower_id: str, place: Position, seen_ago_s: float, score: float, *, frames: int = 6) -> Sighting:
        """Return what a tower saw of a place, with its pictures on the board."""
        tower = self.sites.tower(TowerId(tower_id))
        if tower is None:
            raise LookupError(tower_id)
        azimuth = inverse(tower.position, place).azimuth_deg
        camera = min(tower.cameras, key=lambda c: abs(c.poses[0].calibration.azimuth_deg - azimuth))
        first = self.now - timedelta(seconds=seen_ago_s)
        sighting_id = SightingId(self._ulids.make(first))
        seen = _Seen(sighting_id, tower, camera)
        looks = tuple(self._look(seen, first, step, frames, score) for step in range(frames))
        return Sighting(
            sighting_id=sighting_id,
            revision=1,
            phase=SightingPhase.GROWING,
            tower_id=tower.tower_id,
            camera_id=camera.camera_id,
            pose_id=PoseId("home"),
            calibration_id=camera.poses[0].calibration.calibration_id,
            first_seen_at=first,
            observed_at=looks[-1].stamp.captured_at,
            looks=looks,
            bearing=Bearing(azimuth, 0.6),
            score=score,
            frames_hit=frames,
            frames_seen=frames + 1,
            model_sha256=_MODEL,
        )

    def _look(self, seen: _Seen, first: datetime, step: int, frames: int, score: float) -> Look:
        at = first + timedelta(seconds=10 * step)
        growth = (step + 1) / frames
        box = smoke_box(growth)
        sha256, crop, frame = drawn(growth, len(seen.tower.tower_id))
        stamp = FrameStamp(at, sha256, WIDTH, HEIGHT)
        pictures = ((EvidenceKind.CROP, crop), (EvidenceKind.FRAME, frame))
        ids = []
        for kind, jpeg in pictures:
            evidence_id = EvidenceId(self._ulids.make(at))
            ids.append(evidence_id)
            self.board.show(
                Evidence(
                    evidence_id, seen.sighting_id, seen.tower.tower_id, seen.camera.camera_id, kind, stamp, box, jpeg
                )
            )
        best = 0.6 + 0.4 * (1 - abs(step - frames * 0.6) / frames)
        return Look(stamp, box, min(1.0, score * best + 0.05), tuple(ids))

    def incident(self, place: Position, towers: Sequence[str], ago_s: float, score: float = 0.87) -> IncidentId:
        """Open an incident that the towers see; two of them locate it."""
        sightings = [self.sighting(key, place, ago_s - 12 * n, score - 0.05 * n) for n, key in enumerate(towers)]
        at = self.now - timedelta(seconds=ago_s - 40)
        incident_id = self.board.open(sightings[0], at)
        for sighting in sightings[1:]:
            at += timedelta(seconds=14)
            self.board.join(incident_id, sighting, at)
        if len(sightings) > 1:
            self.board.happen(incident_id, Located(Fix(place, ErrorEllipse(240.0, 95.0, 62.0))), at)
        else:
            self.board.happen(incident_id, Located(None, "two places at least 200 m apart are needed"), at)
        parts = (("base", -1.2), *((f"tower:{key}", 1.7 - 0.3 * n) for n, key in enumerate(towers)), ("danger", 0.4))
        self.board.happen(incident_id, BeliefChanged(0.91 if len(towers) > 1 else 0.71, parts), at)
        nearest = min(
            (one for one in self.board.readings_now if one.rating),
            key=lambda one: self._distance_m(one.station_id, place),
        )
        self.board.happen(incident_id, Rated(nearest.rating, self._distance_m(nearest.station_id, place)), at)
        return incident_id

    def _distance_m(self, station_id: StationId, place: Position) -> float:
        station = next(one for one in self.sites.stations if one.station_id == station_id)
        return inverse(station.position, place).distance_m

    def tell(
        self, incident_id: IncidentId, ago_s: float, *, reached: int = 2, accepted: int = 0
    ) -> list[NotificationId]:
        """Tell everybody; so many were reached, so many accepted (the last in the roster first)."""
        at = self.now - timedelta(seconds=ago_s)
        alert = Alert(
            AlertId(self._ulids.make(at)), incident_id, NotifyReason.FIRST, at, f"{incident_id}/{NotifyReason.FIRST}"
        )
        self.board.happen(incident_id, AlertRaised(alert.alert_id, alert.reason.value), at)
        ids = []
        for number, person in enumerate(reversed(EXAMPLE_PEOPLE)):
            told = Notification(
                NotificationId(self._ulids.make(at)), alert.alert_id, person.person_id, person.channels[0], attempts=1
            )
            told = replace(told, sent_at=at + timedelta(seconds=2))
            if number < reached:
                told = replace(told, reached_at=at + timedelta(seconds=20 + number))
            self.board.tell(alert, told)
            ids.append(told.notification_id)
        for notification_id in ids[:accepted]:
            self._accept(notification_id, at + timedelta(minutes=3))
        return ids

    def _accept(self, notification_id: NotificationId, at: datetime) -> None:
        call = self.board.call(notification_id)
        if call is not None:
            self.board.accept(Acknowledgement(notification_id, call.person.person_id, at))

    def quarter_of_an_hour(self) -> list[IncidentId]:
        """Fill the board: two waiting, one in hand, one dismissed; return them in that order."""
        first = self.incident(Position(27.118, 112.742), ("nanyue", "jiuguan"), 190)
        self.tell(first, 130)
        second = self.incident(Position(26.93, 112.38), ("yumu",), 75, 0.62)
        third = self.incident(Position(26.80, 112.62), ("yumu", "qifeng"), 840, 0.93)
        self.tell(third, 780, reached=3, accepted=1)
        self.board.happen(third, Confirmed(), self.now - timedelta(seconds=700), LOCAL_OPERATOR)
        fourth = self.incident(Position(27.05, 112.98), ("jiuguan",), 1500, 0.55)
        self.board.happen(fourth, Rejected(RejectReason.SACRIFICE), self.now - timedelta(seconds=1380), LOCAL_OPERATOR)
        return [first, second, third, fourth]


def _health(is_silent: bool, *, is_turned: bool, at: datetime) -> dict[str, Any]:  # noqa: FBT001 - a fact of the scene
    """Return what a camera's vitals tell of its view: two see all, one has no pictures, one was turned by the wind."""
    ten_minutes, hour = timedelta(minutes=10), timedelta(hours=1)
    if is_silent:
        blind = (BlindTimeV1(reason="silent", seconds=600.0),)
        eyes = EyesOpenV1(seen_s=3000.0, span_s=3600.0, blind=blind, reason="silent", since=at - ten_minutes)
        return {"eyes": eyes}
    dirty = CameraConditionV1(kind="dirty", state="suspect" if is_turned else "ok", since=at - hour, value=0.04)
    turned = CameraConditionV1(kind="turned", state="bad" if is_turned else "ok", since=at - hour, value=2.4)
    return {"eyes": EyesOpenV1(seen_s=3540.0, span_s=3600.0), "conditions": (dirty, turned)}


def _weather(station_id: StationId, noon: datetime) -> Observation:
    return Observation(station_id, noon, 27.4, 31.0, 19.0, 0.0)


def _rating(station_id: StationId, noon: datetime, grade: DangerGrade) -> DangerRating:
    day: date = noon.date()
    parts = HtzParts(20, 15, grade.value * 8, 12, 5)
    codes, indices = MoistureCodes(90.1, 38.2, 214.0), FwiIndices(9.4, 52.3, 24.1, 8.0)
    marks = tuple(f"danger.mark.to_be_confirmed.{part}" for part in "bce")
    return DangerRating(
        station_id, day, noon, codes, indices, grade, "LY/T 1172-1995", parts, marks=marks, method="classic-147.2"
    )
