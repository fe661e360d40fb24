"""One tower for each thing that can befall a node: to look at the Nodes page with, and to test it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from firewatch.domain.geo import Position
from firewatch.domain.ids import CameraId, PoseId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Tower
from firewatch.services.ports import StatusArrived, VitalsArrived
from firewatch.services.views import NodeView
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
    from datetime import datetime

__all__ = ["NAMES", "a_camera", "a_node", "state_nodes", "state_sites"]

_MODEL = hashlib.sha256(b"example").hexdigest()
NAMES = {
    "well": ("祝融塔", "Zhurong"),
    "twice": ("南岳塔", "Nanyue"),
    "sick": ("九观塔", "Jiuguan"),
    "work": ("雨母塔", "Yumu"),
    "night": ("岐峰塔", "Qifeng"),
    "late": ("大义塔", "Dayi"),
    "lost": ("四明塔", "Siming"),
    "stopped": ("塔山塔", "Tashan"),
    "never": ("天堂塔", "Tiantang"),
}
CAMERAS = {"well": 2, "twice": 2, "sick": 9, "work": 3, "night": 2, "late": 2, "lost": 2, "stopped": 1, "never": 1}


def state_sites() -> SiteMap:
    """Return nine towers, named by what befell them."""
    towers = []
    for number, (key, (zh, en)) in enumerate(NAMES.items()):
        look = Calibration(f"{key}-0", 30.0, -2.0, 62.0, 0.4)
        cameras = tuple(
            Camera(CameraId(f"c{n + 1}"), (Pose(PoseId("home"), look),), 18_000.0) for n in range(CAMERAS[key])
        )
        towers.append(Tower(TowerId(key), Name(zh, f"{en} tower"), Position(26.7 + number / 20, 112.5, 600.0), cameras))
    return SiteMap(tuple(towers), (), is_illustrative=True)


def a_camera(number: int = 1, blind: str = "", for_s: float = 900.0, *, at: datetime, **told: Any) -> CameraVitalsV1:
    """Return a camera's vitals: it sees, or is blind for a reason."""
    lost = min(for_s, 3600.0) if blind else 0.0
    parts = (BlindTimeV1(reason=blind, seconds=lost),) if blind else ()
    since = at - timedelta(seconds=for_s) if blind else None
    eyes = EyesOpenV1(seen_s=3600.0 - lost, span_s=3600.0, blind=parts, reason=blind, since=since)
    facts: dict[str, Any] = {"camera_id": f"c{number}", "frame_age_s": 6.0, "fps": 0.1, "eyes": eyes}
    return CameraVitalsV1(**(facts | told))


def a_condition(kind: str, value: float, at: datetime, state: str = "bad") -> CameraConditionV1:
    """Return one finding of an hour ago."""
    return CameraConditionV1(kind=kind, state=state, since=at - timedelta(hours=1), value=value)  # type: ignore[arg-type]


def a_node(
    tower_id: str,
    *cameras: CameraVitalsV1,
    at: datetime,
    state: str = "online",
    heard_ago_s: float = 8.0,
    claimant: str | None = None,
    **told: Any,
) -> NodeView:
    """Return a node that was heard so long ago."""
    boot = make_ulid(at - timedelta(hours=31), hashlib.sha256(tower_id.encode()).digest()[:10])
    heard_at = at - timedelta(seconds=heard_ago_s)
    said_at = heard_at if state != "online" else at - timedelta(hours=31)
    status = StatusV1(state=state, at=said_at, boot_id=boot, claimant_boot_id=claimant)  # type: ignore[arg-type]
    facts: dict[str, Any] = {
        "at": heard_at,
        "boot_id": boot,
        "cameras": cameras,
        "disk_free_bytes": 41 << 30,
        "outbox_depth": 0,
        "model_sha256": _MODEL,
        "clock_offset_s": 0.04,
        "machine": MachineV1(cpu_load=0.55, memory_used=0.42, process_bytes=512 << 20, temperature_c=58.0),
        "uptime_s": 111_600.0,
    }
    tower = TowerId(tower_id)
    return NodeView(
        tower, StatusArrived(tower, status, said_at), VitalsArrived(tower, VitalsV1(**(facts | told)), heard_at)
    )


def state_nodes(at: datetime) -> tuple[NodeView, ...]:
    """Return the nodes of the nine towers, in the order of the site map."""
    hot = MachineV1(cpu_load=3.9, memory_used=0.93, process_bytes=512 << 20, temperature_c=84.0, is_throttled=True)
    return (
        a_node("well", a_camera(1, at=at), a_camera(2, at=at), at=at),
        a_node("twice", a_camera(1, at=at), a_camera(2, at=at), at=at, claimant="01M8BM36570000000000000009"),
        a_node("sick", *_sick(at), at=at, machine=hot, clock_offset_s=-41.2),
        a_node("work", *_work(at), at=at, held=2),
        a_node("night", *_night(at), at=at, settings_refused="masks: sides 1 and 3 cross"),
        a_node(
            "late",
            a_camera(1, at=at),
            a_camera(2, at=at),
            at=at,
            outbox_depth=1840,
            outbox_oldest_s=90_000.0,
            disk_free_bytes=300 << 20,
        ),
        a_node("lost", a_camera(1, at=at), a_camera(2, at=at), at=at, state="lost", heard_ago_s=2520.0),
        a_node("stopped", a_camera(1, at=at), at=at, state="stopped", heard_ago_s=86_400.0),
        NodeView(TowerId("never"), None, None),
    )


def _sick(at: datetime) -> tuple[CameraVitalsV1, ...]:
    return (
        a_camera(1, "frozen", 1860.0, at=at, conditions=(a_condition("frozen", 1.0, at),)),
        a_camera(2, "silent", 240.0, at=at, is_silent=True, frame_age_s=240.0, fps=0.0),
        a_camera(3, "blurred", 7200.0, at=at, conditions=(a_condition("blurred", 0.21, at),)),
        a_camera(4, "dark", 3000.0, at=at, conditions=(a_condition("dark", 0.97, at),)),
        a_camera(5, "covered", 90_000.0, at=at, conditions=(a_condition("covered", 0.44, at),)),
        a_camera(6, at=at, conditions=(a_condition("dirty", 0.04, at, "suspect"),)),
        a_camera(7, at=at, conditions=(a_condition("turned", 2.4, at),)),
        a_camera(8, at=at, conditions=(a_condition("clock", 341.0, at),), clock_offset_s=341.0),
        a_camera(9, "fogged", 1500.0, at=at, conditions=(a_condition("fogged", 0.6, at),)),
    )


def _work(at: datetime) -> tuple[CameraVitalsV1, ...]:
    until = at + timedelta(minutes=55)
    return (
        a_camera(1, "maintenance", 300.0, at=at, maintenance_until=until, maintenance_reason="清洁镜头"),
        a_camera(2, "paused", 1200.0, at=at),
        a_camera(3, "a-later-nodes-reason", 1200.0, at=at),
    )


def _night(at: datetime) -> tuple[CameraVitalsV1, ...]:
    dark: dict[str, Any] = {"light": "night", "not_detecting_reason": "night", "detections_held_back": 3}
    return (
        a_camera(1, "night", 14_400.0, at=at, detections_masked=12, **dark),
        a_camera(2, "night", 14_400.0, at=at, **dark),
    )
