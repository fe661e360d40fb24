"""What the demo found: computed afterwards from what was written down, never from what the programs said of themselves.

Its sources are the cameras' truth log, the phones' log, the nodes' ledgers and outboxes, and the centre's store.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from firewatch.adapters.store import Store
    from firewatch.demo.clock import SceneClock
    from firewatch.demo.world import World
    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import Sighting

__all__ = ["Course", "make_report", "outbox_depth", "read_lines", "verdict"]

# A bearing this far off the fire is of something else: four standard deviations of the demo's cameras and half a plume.
_SAME_FIRE_DEG = 4.0
_MOST_INCIDENTS = 1000


@dataclass(frozen=True, slots=True)
class Course:
    """How a run of the demo went.

    Parameters
    ----------
    folder : Path
        Where everything was written.
    clock : SceneClock
        Scene time.
    ended_at : datetime
        When the cameras stopped.
    ignited_at_s : float or None
        Scene second of the ignition; None on a quiet day.
    asked : mapping
        The command's options.
    is_judged : bool
        Whether it is known what burnt; not of real frames whose names carry no times.
    """

    folder: Path
    clock: SceneClock
    ended_at: datetime
    ignited_at_s: float | None
    asked: Mapping[str, object]
    is_judged: bool = True

    @property
    def ignited_at(self) -> datetime | None:
        """The ignition's instant."""
        return None if self.ignited_at_s is None else self.clock.instant(self.ignited_at_s)


@dataclass(frozen=True, slots=True)
class _Known:
    """An incident with the highest revisions of its sightings, and those of them that are of the fire."""

    incident: Incident
    sightings: tuple[Sighting, ...]
    of_fire: tuple[Sighting, ...]
    merged_ids: frozenset[str]

    @property
    def is_true(self) -> bool:
        """Whether any of its sightings is of the fire."""
        return bool(self.of_fire)


def make_report(course: Course, world: World | None, store: Store) -> dict[str, object]:
    """Compute the report.

    Parameters
    ----------
    course : Course
        How the run went.
    world : World or None
        The simulated world; None where real frames were played.
    store : Store
        The centre's.

    Returns
    -------
    dict
        JSON-ready; see docs/reference/demo-report.md.
    """
    truth = read_lines(course.folder / "cameras.jsonl")
    rung = read_lines(course.folder / "phones.jsonl")
    confirmed = _confirmations(course.folder)
    known = _incidents(course, world, store, confirmed)
    true_ids = {incident_id for one in known if one.is_true for incident_id in one.merged_ids}
    alerts = [line for line in rung if _facts(line).get("incident_id") in true_ids and _is_after_ignition(course, line)]
    first_visible = _first_visible(truth)
    return {
        "asked": dict(course.asked),
        "scene": _scene(course, truth),
        "ignition": _ignition(course, world),
        "towers": _towers(course, truth, known, confirmed),
        "incidents": [_incident(one, course, world) for one in known],
        "alert": _alert(course, alerts, first_visible),
        "messages": _messages(course, store, rung),
        "frames": {"served": len(truth)},
        "false_alarms": sum(not one.is_true for one in known) if course.is_judged else None,
        "found": bool(alerts),
    }


def verdict(report: Mapping[str, object], *, expects_fire: bool) -> list[str]:
    """Return what went wrong, in words; empty where all is well."""
    wrong = []
    messages, frames = report["messages"], report["frames"]
    if isinstance(frames, dict) and not frames["served"]:
        wrong.append("no camera gave a frame: nothing was watched")
    if expects_fire and not report["found"]:
        wrong.append("the fire was missed: no incident for it, or its alert did not reach a phone")
    if isinstance(messages, dict) and messages["lost"]:
        wrong.append(f"{messages['lost']} messages were lost between a node and the centre")
    if isinstance(messages, dict) and messages["quarantined"]:
        wrong.append(f"{messages['quarantined']} messages could not be read by the centre")
    if report["false_alarms"]:
        wrong.append(f"{report['false_alarms']} incidents were false alarms")
    return wrong


def read_lines(path: Path) -> list[dict[str, object]]:
    """Return what the whole lines of a log hold, none where it is not there; the last may be just being written."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    return [json.loads(line) for line in whole.split("\n") if line]


def _facts(line: Mapping[str, object]) -> Mapping[str, object]:
    facts = line.get("facts")
    return facts if isinstance(facts, dict) else {}


def _confirmations(folder: Path) -> dict[str, datetime]:
    """Return when each sighting was confirmed: the instant of the latest frame of its first revision."""
    return {
        str(line["sighting_id"]): datetime.fromisoformat(str(line["observed_at"]))
        for path in sorted(folder.glob("*-ledger.jsonl"))
        for line in read_lines(path)
        if line["revision"] == 1
    }


def _incidents(course: Course, world: World | None, store: Store, confirmed: Mapping[str, datetime]) -> list[_Known]:
    every = store.incident_log.incidents(open_only=False, limit=_MOST_INCIDENTS)
    into = {incident.incident_id: incident.merged_into for incident in every}
    merged: dict[str, set[str]] = {}
    for incident_id in into:
        merged.setdefault(_survivor(incident_id, into), set()).add(incident_id)
    found = []
    for incident in every:
        if incident.merged_into is None:
            stored = store.sighting_book.sightings([sighting_id for sighting_id, _ in incident.members])
            sightings = tuple(s.sighting for s in stored)
            of_fire = tuple(s for s in sightings if _is_of_fire(s, course, world, confirmed))
            found.append(_Known(incident, sightings, of_fire, frozenset(merged[incident.incident_id])))
    return sorted(found, key=lambda one: one.incident.opened_at)


def _survivor(incident_id: IncidentId, into: Mapping[IncidentId, IncidentId | None]) -> IncidentId:
    """Return the incident that goes on for one that was merged, over any number of steps."""
    while (later := into.get(incident_id)) is not None:
        incident_id = later
    return incident_id


def _is_of_fire(sighting: Sighting, course: Course, world: World | None, confirmed: Mapping[str, datetime]) -> bool:
    """Tell whether a sighting is of the fire: confirmed after the ignition, and its bearing points there."""
    if not course.is_judged:
        return True
    if course.ignited_at is None:
        return False
    if confirmed.get(sighting.sighting_id, sighting.observed_at) < course.ignited_at:
        return False
    if world is None or world.fire is None:
        return True
    sight = next(sight for sight in world.sights if sight.tower.tower_id == sighting.tower_id)
    return sight.misses_by_deg(sighting.bearing, world.fire.position) <= _SAME_FIRE_DEG


def _is_after_ignition(course: Course, rung: Mapping[str, object]) -> bool:
    at = course.ignited_at
    return at is None or datetime.fromisoformat(str(rung["received_at"])) >= at


def _first_visible(truth: Iterable[Mapping[str, object]]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for line in truth:
        if line["smoke_visible"]:
            camera, at = str(line["camera"]), datetime.fromisoformat(str(line["captured_at"]))
            first[camera] = min(at, first.get(camera, at))
    return first


def _scene(course: Course, truth: Sequence[Mapping[str, object]]) -> dict[str, object]:
    by_camera: dict[str, list[datetime]] = {}
    for line in truth:
        by_camera.setdefault(str(line["camera"]), []).append(datetime.fromisoformat(str(line["captured_at"])))
    gaps = [
        (later - earlier).total_seconds() * course.clock.speed
        for times in by_camera.values()
        for earlier, later in itertools.pairwise(sorted(times))
    ]
    return {
        "started_at": course.clock.started_at.isoformat(),
        "lasted_s": round(course.clock.scene_s(course.ended_at), 1),
        "speed": course.clock.speed,
        "cadence_s": {"mean": round(sum(gaps) / len(gaps), 2), "longest": round(max(gaps), 2)} if gaps else None,
    }


def _ignition(course: Course, world: World | None) -> dict[str, object] | None:
    if course.ignited_at is None:
        return None
    told: dict[str, object] = {"scene_s": course.ignited_at_s, "at": course.ignited_at.isoformat()}
    if world is not None and world.fire is not None:
        told |= {"lat_deg": world.fire.position.lat_deg, "lon_deg": world.fire.position.lon_deg}
    return told


def _towers(
    course: Course,
    truth: Sequence[Mapping[str, object]],
    known: Iterable[_Known],
    confirmed: Mapping[str, datetime],
) -> dict[str, object]:
    visible = _first_visible(truth)
    first: dict[str, datetime] = {}
    for sighting in (s for one in known for s in one.of_fire):
        at = confirmed.get(sighting.sighting_id, sighting.observed_at)
        first[sighting.tower_id] = min(at, first.get(sighting.tower_id, at))
    names = sorted({str(line["camera"]) for line in truth} | set(first))
    return {
        name: {
            "smoke_visible_at_s": _scene_s(course, visible.get(name)),
            "first_confirmed_at_s": _scene_s(course, first.get(name)),
        }
        for name in names
    }


def _scene_s(course: Course, at: datetime | None) -> float | None:
    return None if at is None else round(course.clock.scene_s(at), 1)


def _incident(one: _Known, course: Course, world: World | None) -> dict[str, object]:
    incident = one.incident
    told: dict[str, object] = {
        "incident_id": incident.incident_id,
        "is_true": one.is_true if course.is_judged else None,
        "state": str(incident.state),
        "opened_at_s": _scene_s(course, incident.opened_at),
        "towers": list(incident.towers),
        "probability": incident.probability,
        "position": None,
        "position_error_m": None,
        "danger": _danger(incident),
    }
    if incident.fix is not None:
        place, ellipse = incident.fix.position, incident.fix.ellipse
        told["position"] = {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "major_m": ellipse.major_m}
        if one.is_true and world is not None and world.fire is not None:
            told["position_error_m"] = round(inverse(place, world.fire.position).distance_m)
    return told


def _danger(incident: Incident) -> dict[str, object] | None:
    rating = incident.rating
    if rating is None:
        return None
    return {
        "station": rating.station_id,
        "day": rating.weather_day.isoformat(),
        "grade": None if rating.grade is None else rating.grade.value,
        "scheme": rating.scheme,
        "ffmc": round(rating.codes.ffmc, 1),
        "dmc": round(rating.codes.dmc, 1),
        "dc": round(rating.codes.dc, 1),
        "isi": round(rating.indices.isi, 1),
        "bui": round(rating.indices.bui, 1),
        "fwi": round(rating.indices.fwi, 1),
    }


def _alert(
    course: Course, alerts: Sequence[Mapping[str, object]], first_visible: Mapping[str, datetime]
) -> dict[str, object] | None:
    if not alerts:
        return None
    first = min(datetime.fromisoformat(str(line["received_at"])) for line in alerts)
    visible = min(first_visible.values(), default=None)
    after_s = None if visible is None else round((first - visible).total_seconds() * course.clock.speed, 1)
    return {
        "first_at_s": _scene_s(course, first),
        "after_first_visible_s": after_s,
        "people": sorted({str(line["person"]) for line in alerts}),
        "deliveries": len(alerts),
    }


def _messages(course: Course, store: Store, rung: Sequence[Mapping[str, object]]) -> dict[str, object]:
    sent = {
        (str(line["sighting_id"]), int(str(line["revision"])))
        for path in sorted(course.folder.glob("*-ledger.jsonl"))
        for line in read_lines(path)
    }
    rows = _stored_revisions(course.folder / "firewatch.db")
    keys = [str(line["idempotency_key"]) for line in rung]
    total, _ = store.quarantine_book.quarantined(1)
    return {
        "sent": len(sent),
        "stored": len(set(rows) & sent),
        "duplicated": len(rows) - len(set(rows)),
        "lost": len(sent - set(rows)),
        "waiting_in_outboxes": sum(outbox_depth(path) for path in sorted(course.folder.glob("*-outbox.sqlite"))),
        "quarantined": total,
        "alerts_delivered_twice": len(keys) - len(set(keys)),
    }


def _stored_revisions(database: Path) -> list[tuple[str, int]]:
    with contextlib.closing(_open_to_read(database)) as connection:
        rows = connection.execute("SELECT sighting_id, revision FROM sightings").fetchall()
    return [(str(sighting_id), int(revision)) for sighting_id, revision in rows]


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def outbox_depth(outbox: Path) -> int:
    """Return how many messages of a node wait for the centre's receipt; 0 for a node that has not made it yet."""
    if not outbox.exists():
        return 0
    with contextlib.closing(_open_to_read(outbox)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM messages").fetchone()
        except sqlite3.OperationalError as err:
            if "no such table" in str(err):
                return 0
            raise
    return int(count)
