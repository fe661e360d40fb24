"""Which cameras do not see now, since when, and whether that was meant: what the pages show and the alerts go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import SiteMap
    from firewatch.services.views import NodeView
    from firewatch.wire.v1 import CameraVitalsV1

__all__ = [
    "MEANT",
    "Blind",
    "blind_cameras",
    "camera_sees",
    "node_state",
    "seeing_cameras",
    "unheard_since",
    "why_blind",
]

# Vitals come every 30 s; two missed and the word of a node is no longer news.
_VITALS_LIFE = timedelta(seconds=90)
# A person decided so, or the hour: known, shown, and no fault.
MEANT = frozenset({"maintenance", "paused", "night"})


@dataclass(frozen=True, slots=True)
class Blind:
    """A camera that does not see.

    Parameters
    ----------
    tower_id : TowerId
        Of which tower.
    camera_id : str
        Which.
    reason : str
        Why: a reason of its node, ``silent``, or how its node is: ``lost``, ``stopped``, ``stale``.
    since : datetime or None
        UTC instant by the node's word, or at which the node was last heard; None where nobody knows.
    """

    tower_id: TowerId
    camera_id: str
    reason: str
    since: datetime | None

    @property
    def is_meant(self) -> bool:
        """Whether a person decided so, or the hour."""
        return self.reason in MEANT


def node_state(node: NodeView, at: datetime) -> str:
    """Return how a node is: ``none`` (never heard), ``online``, ``stopped``, ``lost``, ``stale`` (online, unheard)."""
    if node.status is None:
        return "none"
    state = node.status.status.state
    if state != "online":
        return state
    heard_at = max(node.status.received_at, node.vitals.received_at if node.vitals else node.status.received_at)
    return "online" if at - heard_at <= _VITALS_LIFE else "stale"


def unheard_since(node: NodeView, at: datetime) -> datetime | None:
    """Return when a node that is away was last heard; None while it is heard, and where it never was.

    A last will carries the time of the log-in that it was left at, so the message's own time says nothing.
    """
    if node_state(node, at) in {"online", "none"} or node.status is None:
        return None
    if node.status.status.state == "stopped":
        return node.status.status.at
    return node.vitals.received_at if node.vitals else node.status.received_at


def camera_sees(node: NodeView, camera: CameraVitalsV1, at: datetime) -> bool:
    """Tell whether a camera sees, as far as the centre can know: fresh frames, good ones, judged, and not held back."""
    return node_state(node, at) == "online" and not why_blind(camera)


def why_blind(camera: CameraVitalsV1) -> str:
    """Return why a camera of a node that is heard does not see; empty where it does."""
    told = (camera.eyes.reason if camera.eyes is not None else "") or camera.not_detecting_reason
    if told:
        return told
    return "silent" if camera.is_silent or camera.frame_age_s is None else ""


def seeing_cameras(nodes: Sequence[NodeView], at: datetime) -> frozenset[tuple[TowerId, str]]:
    """Return the cameras that see."""
    return frozenset(
        (node.tower_id, camera.camera_id)
        for node in nodes
        if node.vitals is not None
        for camera in node.vitals.vitals.cameras
        if camera_sees(node, camera, at)
    )


def blind_cameras(sites: SiteMap, nodes: Sequence[NodeView], at: datetime) -> tuple[Blind, ...]:
    """Return the cameras that do not see, longest blind first; those of a tower that never spoke are none yet."""
    found = [one for node in nodes for one in _blind_of(sites, node, at)]
    return tuple(sorted(found, key=lambda one: (one.since or at, one.tower_id, one.camera_id)))


def _blind_of(sites: SiteMap, node: NodeView, at: datetime) -> Iterator[Blind]:
    state = node_state(node, at)
    told = node.vitals.vitals.cameras if node.vitals is not None else ()
    if state == "online":
        for camera in told:
            reason = why_blind(camera)
            if reason:
                yield Blind(node.tower_id, camera.camera_id, reason, _since(node, camera))
    elif state != "none":
        tower = sites.tower(node.tower_id)
        planned = [camera.camera_id for camera in tower.cameras] if tower is not None else []
        for name in dict.fromkeys([*planned, *(camera.camera_id for camera in told)]):
            yield Blind(node.tower_id, name, state, unheard_since(node, at))


def _since(node: NodeView, camera: CameraVitalsV1) -> datetime | None:
    if camera.eyes is not None and camera.eyes.reason:
        return camera.eyes.since
    if camera.frame_age_s is None or node.vitals is None:
        return None
    return node.vitals.vitals.at - timedelta(seconds=camera.frame_age_s)
