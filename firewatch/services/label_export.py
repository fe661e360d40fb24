"""Reads labelled frames out of the centre: whole pictures, and all that was in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from firewatch.domain.ids import PersonId
from firewatch.domain.incident import Confirmed, Rejected
from firewatch.domain.vision import Box, EvidenceKind
from firewatch.services.labelling import UNDECIDED, Decision, ImageLabel, LabelledFrame, LeftOut, label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from firewatch.domain.ids import IncidentId, SightingId
    from firewatch.domain.vision import FrameStamp, Sighting
    from firewatch.services.labelling import LabelCounts, People, PictureRecord, PictureRecords
    from firewatch.services.ports import EvidenceFiles, IncidentLog, IncidentTimeline, SightingBook, StoredSighting

__all__ = ["LabelExport"]

# As many ids as every database takes in one question.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Case:
    """A sighting with what stands of its incident."""

    sighting: Sighting
    sequence: str
    decision: Decision

    @property
    def view(self) -> tuple[str, str, str]:
        return self.sighting.tower_id, self.sighting.camera_id, self.sighting.pose_id

    def lasts_at(self, at: datetime) -> bool:
        return self.sighting.first_seen_at <= at <= self.sighting.observed_at


@dataclass(frozen=True, slots=True)
class LabelExport:
    """Reads labelled frames out of the centre.

    Parameters
    ----------
    sightings : SightingBook
        Port.
    log : IncidentLog
        Port.
    timeline : IncidentTimeline
        Port: who decided.
    records : PictureRecords
        Port.
    files : EvidenceFiles
        Port: the pictures themselves.
    people : sequence of People
        Who has which role, the first that knows a person counts.
    size_of : callable
        Width and height of a JPEG [px], None where it cannot be read.
    """

    sightings: SightingBook
    log: IncidentLog
    timeline: IncidentTimeline
    records: PictureRecords
    files: EvidenceFiles
    people: Sequence[People]
    size_of: Callable[[bytes], tuple[int, int] | None]

    def frames(
        self, since: datetime, until: datetime, counts: LabelCounts, *, with_undecided: bool = False
    ) -> Iterator[LabelledFrame]:
        """Give the whole frames of the sightings that were first seen in a period, camera by camera, oldest first.

        Parameters
        ----------
        since, until : datetime
            UTC; `until` itself is outside, so that periods one after the other give every frame once.
        counts : LabelCounts
            Filled while frames are given.
        with_undecided : bool
            Give those that nobody has decided on, too, as `ignore`.
        """
        observed = self.sightings.observed_between(since, until)
        # A painted smoke would teach the detector to find painted smoke; what is real in its view lies in real frames.
        stored = [each for each in observed if not each.sighting.is_exercise]
        drilled = (each.sighting.first_seen_at for each in observed if each.sighting.is_exercise)
        counts.left_out.update(LeftOut.EXERCISE for at in drilled if since <= at < until)
        cases = self._cases(stored)
        in_view: dict[tuple[str, str, str], list[_Case]] = {}
        for case in cases.values():
            in_view.setdefault(case.view, []).append(case)
        began = [key for key, case in cases.items() if since <= case.sighting.first_seen_at < until]
        records = self._whole_frames(began, counts)
        for _, same in groupby(sorted(records, key=_moment), key=lambda record: _moment(record)[:-1]):
            shown = list(same)
            at, view = shown[0].stamp.captured_at, cases[shown[0].sighting_id].view
            ids = {record.sighting_id for record in shown}
            # What else burned in this view at that moment is in the picture, too.
            present = [c for c in in_view[view] if c.sighting.sighting_id in ids or c.lasts_at(at)]
            frame = self._frame(shown, present, counts, with_undecided=with_undecided)
            if frame is not None:
                counts.add(frame)
                yield frame

    def _cases(self, stored: Sequence[StoredSighting]) -> dict[SightingId, _Case]:
        known: dict[IncidentId, Decision] = {}
        return {
            each.sighting.sighting_id: _Case(
                each.sighting,
                str(each.incident_id or each.sighting.sighting_id),
                self._decision(each.incident_id, known),
            )
            for each in stored
        }

    def _whole_frames(self, ids: Sequence[SightingId], counts: LabelCounts) -> list[PictureRecord]:
        found: list[PictureRecord] = []
        for start in range(0, len(ids), _AT_ONCE):
            found += self.records.records(ids[start : start + _AT_ONCE])
        # A crop does not say where in the frame it lay.
        whole = [record for record in found if record.kind is EvidenceKind.FRAME and not record.is_exercise]
        without = set(ids) - {record.sighting_id for record in whole}
        counts.left_out[LeftOut.NO_FRAME] += len(without)
        return whole

    def _decision(self, incident_id: IncidentId | None, known: dict[IncidentId, Decision]) -> Decision:
        if incident_id is None:
            return UNDECIDED
        if incident_id not in known:
            incident = self.log.incident(incident_id)
            decision = UNDECIDED if incident is None else label_of(incident)
            if decision != UNDECIDED:
                decision = Decision(decision.label, decision.verdict, self._role(incident_id))
            known[incident_id] = decision
        return known[incident_id]

    def _role(self, incident_id: IncidentId) -> str:
        events = [logged.event for logged in self.timeline.events_of(incident_id)]
        decided = [event for event in events if isinstance(event.change, Confirmed | Rejected)]
        if not decided:
            return "unknown"
        actor_id = decided[-1].actor.actor_id
        if actor_id == "local":
            return actor_id
        for book in self.people:
            person = book.person(PersonId(actor_id))
            if person is not None:
                return person.role.value
        return "unknown"

    def _frame(
        self, shown: list[PictureRecord], present: list[_Case], counts: LabelCounts, *, with_undecided: bool
    ) -> LabelledFrame | None:
        """Make one frame of all that is in it: two smokes of one moment are two boxes in one picture."""
        told, first = _foremost(present), shown[0]
        if told.decision == UNDECIDED and not with_undecided:
            counts.left_out[LeftOut.UNDECIDED] += 1
            return None
        jpeg = self.files.read(first.evidence_id)
        size = None if jpeg is None else self.size_of(jpeg)
        if jpeg is None or size is None:
            counts.left_out[LeftOut.MISSING if jpeg is None else LeftOut.DAMAGED] += 1
            return None
        return LabelledFrame(
            name=first.evidence_id,
            jpeg=jpeg,
            width=size[0],
            height=size[1],
            decision=told.decision,
            boxes=_boxes(shown, present, told.decision.label, size),
            tower_id=first.tower_id,
            camera_id=first.camera_id,
            pose_id=told.sighting.pose_id,
            sequence=told.sequence,
            observed_at=first.stamp.captured_at,
            model_sha256=told.sighting.model_sha256,
            score=_score(told.sighting, first.stamp),
        )


def _moment(record: PictureRecord) -> tuple[str, str, datetime, str, str]:
    stamp = record.stamp
    return record.tower_id, record.camera_id, stamp.captured_at, stamp.sha256, record.evidence_id


def _foremost(present: list[_Case]) -> _Case:
    """Return the one that decides of a frame: whatever makes it unusable, else a fire, else none."""
    order = (ImageLabel.IGNORE, ImageLabel.SMOKE, ImageLabel.NONE)
    return min(present, key=lambda case: (order.index(case.decision.label), case.decision != UNDECIDED))


def _boxes(
    shown: list[PictureRecord], present: list[_Case], label: ImageLabel, size: tuple[int, int]
) -> tuple[Box, ...] | None:
    if label is ImageLabel.NONE:
        return ()
    if label is ImageLabel.IGNORE:
        return None
    by_sighting = {record.sighting_id: record.box for record in shown}
    stamp, boxes = shown[0].stamp, []
    for case in present:
        if case.decision.label is ImageLabel.SMOKE:
            box = by_sighting.get(case.sighting.sighting_id) or _box_at(case.sighting, stamp)
            placed = None if box is None else _placed(box, stamp, size)
            if placed is None:
                # One smoke without its place makes a frame in which the places are not known.
                return None
            boxes.append(placed)
    return tuple(dict.fromkeys(boxes))


def _placed(box: Box, stamp: FrameStamp, size: tuple[int, int]) -> Box | None:
    """Return the smoke in pixels of the picture, which may be smaller than the frame it shows."""
    across, down = size[0] / stamp.width_px, size[1] / stamp.height_px
    x0, x1 = (min(max(x * across, 0.0), float(size[0])) for x in (box.x0, box.x1))
    y0, y1 = (min(max(y * down, 0.0), float(size[1])) for y in (box.y0, box.y1))
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _box_at(sighting: Sighting, stamp: FrameStamp) -> Box | None:
    return next((look.box for look in sighting.looks if look.stamp == stamp), None)


def _score(sighting: Sighting, stamp: FrameStamp) -> float:
    return next((look.score for look in sighting.looks if look.stamp == stamp), sighting.score)
