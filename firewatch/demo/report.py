"""What the demo found: computed afterwards from what was written down, never from what the programs said of themselves.

Its sources are the cameras' truth log, the phones' log, the nodes' ledgers and outboxes, and the centre's store.
"""

from __future__ import annotations

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
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import Sighting

__all__ = ["Course", "make_report", "outbox_depth", "verdict"]

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
        The command's options, as given.
    """

    folder: Path
    clock: SceneClock
    ended_at: datetime
    ignited_at_s: float | None
    asked: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Known:
    """An incident with the highest revisions of its sightings."""

    incident: Incident
    sightings: tuple[Sighting, ...]


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
    truth = _read_lines(course.folder / "cameras.jsonl")
    rung = _read_lines(course.folder / "phones.jsonl")
    known = _incidents(store)
    true = [one for one in known if _is_true(one, course, world)]
    alerts = [line for line in rung if _facts(line).get("incident_id") in {k.incident.incident_id for k in true}]
    first_visible = _first_visible(truth)
    return {
        "asked": dict(course.asked),
        "scene": _scene(course, truth),
        "ignition": _ignition(course, world),
        "towers": _towers(course, known, first_visible),
        "incidents": [_incident(one, course, world, is_true=one in true) for one in known],
        "alert": _alert(course, alerts, first_visible),
        "messages": _messages(course, store, rung),
        "frames": {"served": len(truth)},
        "false_alarms": len(known) - len(true),
        "found": bool(true) and bool(alerts),
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
    if report["false_alarms"]:
        wrong.append(f"{report['false_alarms']} incidents were false alarms")
    return wrong


def _read_lines(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _facts(line: Mapping[str, object]) -> Mapping[str, object]:
    facts = line.get("facts")
    return facts if isinstance(facts, dict) else {}


def _incidents(store: Store) -> list[_Known]:
    found = []
    for incident in store.incident_log.incidents(open_only=False, limit=_MOST_INCIDENTS):
        if incident.merged_into is None:
            stored = store.sighting_book.sightings([sighting_id for sighting_id, _ in incident.members])
            found.append(_Known(incident, tuple(s.sighting for s in stored)))
    return sorted(found, key=lambda one: one.incident.opened_at)


def _is_true(one: _Known, course: Course, world: World | None) -> bool:
    """Tell whether an incident is of the fire: opened after the ignition, and some bearing points at it."""
    if course.ignited_at_s is None:
        return False
    ignited_at = course.clock.instant(course.ignited_at_s)
    burning = [s for s in one.sightings if s.looks[-1].stamp.captured_at >= ignited_at]
    if world is None or world.fire is None:
        return bool(burning)
    sights = {sight.tower.tower_id: sight for sight in world.sights}
    place = world.fire.position
    return any(sights[s.tower_id].misses_by_deg(s.bearing, place) <= _SAME_FIRE_DEG for s in burning)


def _first_visible(truth: Iterable[Mapping[str, object]]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for line in truth:
        if line["smoke_visible"]:
            first.setdefault(str(line["camera"]), datetime.fromisoformat(str(line["captured_at"])))
    return first


def _scene(course: Course, truth: Sequence[Mapping[str, object]]) -> dict[str, object]:
    by_camera: dict[str, list[datetime]] = {}
    for line in truth:
        by_camera.setdefault(str(line["camera"]), []).append(datetime.fromisoformat(str(line["captured_at"])))
    gaps = [
        (later - earlier).total_seconds() * course.clock.speed
        for times in by_camera.values()
        for earlier, later in itertools.pairwise(times)
    ]
    return {
        "started_at": course.clock.started_at.isoformat(),
        "lasted_s": round(course.clock.scene_s(course.ended_at), 1),
        "speed": course.clock.speed,
        "cadence_s": {"mean": round(sum(gaps) / len(gaps), 2), "longest": round(max(gaps), 2)} if gaps else None,
    }


def _ignition(course: Course, world: World | None) -> dict[str, object] | None:
    if course.ignited_at_s is None:
        return None
    told: dict[str, object] = {
        "scene_s": course.ignited_at_s,
        "at": course.clock.instant(course.ignited_at_s).isoformat(),
    }
    if world is not None and world.fire is not None:
        told |= {"lat_deg": world.fire.position.lat_deg, "lon_deg": world.fire.position.lon_deg}
    return told


def _towers(course: Course, known: Iterable[_Known], first_visible: Mapping[str, datetime]) -> dict[str, object]:
    first: dict[str, datetime] = {}
    for one in known:
        for sighting in one.sightings:
            # The first revision rests on the frames that confirmed it; its last look is the confirming one.
            confirmed_at = _confirmed_at(course, sighting)
            first[sighting.tower_id] = min(confirmed_at, first.get(sighting.tower_id, confirmed_at))
    names = sorted(set(first) | set(first_visible))
    return {
        name: {
            "smoke_visible_at_s": _scene_s(course, first_visible.get(name)),
            "first_confirmed_at_s": _scene_s(course, first.get(name)),
        }
        for name in names
    }


def _confirmed_at(course: Course, sighting: Sighting) -> datetime:
    for line in _read_lines(course.folder / f"{sighting.tower_id}-ledger.jsonl"):
        if line["sighting_id"] == sighting.sighting_id and line["revision"] == 1:
            return datetime.fromisoformat(str(line["observed_at"]))
    return sighting.observed_at


def _scene_s(course: Course, at: datetime | None) -> float | None:
    return None if at is None else round(course.clock.scene_s(at), 1)


def _incident(one: _Known, course: Course, world: World | None, *, is_true: bool) -> dict[str, object]:
    incident = one.incident
    told: dict[str, object] = {
        "incident_id": incident.incident_id,
        "is_true": is_true,
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
        if world is not None and world.fire is not None:
            told["position_error_m"] = round(inverse(place, world.fire.position).distance_m)
    return told


def _danger(incident: Incident) -> dict[str, object] | None:
    rating = incident.rating
    if rating is None:
        return None
    return {
        "station": rating.station_id,
        "day": rating.weather_day.isoformat(),
        "grade": None if rating.grade is None else int(rating.grade),
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
        for line in _read_lines(path)
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
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT sighting_id, revision FROM sightings").fetchall()
    connection.close()
    return [(str(sighting_id), int(revision)) for sighting_id, revision in rows]


def outbox_depth(outbox: Path) -> int:
    """Return how many messages of a node wait for the centre's receipt."""
    with sqlite3.connect(f"file:{outbox}?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    connection.close()
    return int(count)
