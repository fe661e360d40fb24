"""Labels for training: a person's word, the detector's boxes, and nothing that teaches the wrong thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.domain.ids import PersonId, TowerId
from firewatch.domain.incident import Confirmed, Merged, Opened, Rejected, RejectReason, Reopened, SightingJoined
from firewatch.domain.roster import LOCAL_OPERATOR, Actor, Person, Role
from firewatch.domain.vision import Box, EvidenceKind, FrameStamp, Look
from firewatch.services.label_export import LabelExport
from firewatch.services.labelling import ImageLabel, LabelCounts, LabelledFrame, LeftOut
from firewatch.services.ports import EvidenceArrived, SightingArrived
from firewatch.testing import (
    SCENE_START,
    MemoryArrivals,
    MemoryEvidenceFiles,
    MemoryIncidentLog,
    RosterFake,
    a_message_id,
    a_person,
    a_sighting,
    an_event,
    an_evidence,
    an_incident_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from firewatch.domain.incident import Change
    from firewatch.domain.vision import Evidence, Sighting

HALF = (960, 540)
LI_WEI = Actor("li-wei", "Li Wei")


class Centre:
    """The fakes of a centre, with what an export needs of it."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self.log = MemoryIncidentLog()
        self.arrivals = MemoryArrivals(self.log.members)
        self.files = MemoryEvidenceFiles()
        self.people = [RosterFake(tuple(people))]
        self._number = 0

    def sees(self, number: int, *, sighting: Sighting | None = None, kind: EvidenceKind = EvidenceKind.FRAME) -> None:
        """Store a sighting with one picture, which is half as large as the camera's frame."""
        shown = sighting or a_sighting(number)
        self.arrivals.write([SightingArrived(a_message_id(100 + number), shown, SCENE_START)])
        self.keeps(replace(an_evidence(number, sighting=shown), kind=kind))

    def keeps(self, evidence: Evidence) -> None:
        self.files.keep(evidence)
        self.arrivals.write([EvidenceArrived(a_message_id(200), evidence, SCENE_START)])

    def happens(self, change: Change, incident: int = 1, actor: Actor = LI_WEI) -> None:
        self._number += 1
        at = SCENE_START + timedelta(seconds=self._number)
        self.log.append([an_event(self._number, change, incident=incident, at=at, actor=actor)])

    def opens(self, number: int, incident: int | None = None) -> None:
        self.happens(Opened(a_sighting(number).sighting_id, TowerId("tower-a")), incident or number)

    def export(
        self, counts: LabelCounts | None = None, *, undecided: bool = False, hours: tuple[float, float] = (-1.0, 1.0)
    ) -> list[LabelledFrame]:
        export = LabelExport(
            self.arrivals, self.log, self.log, self.arrivals, self.files, self.people, lambda jpeg: SIZES[jpeg[:3]]
        )
        since, until = (SCENE_START + timedelta(hours=hour) for hour in hours)
        return list(export.frames(since, until, counts or LabelCounts(), with_undecided=undecided))


SIZES = {b"\xff\xd8\xff": HALF}


def rejected(reason: RejectReason) -> LabelledFrame:
    centre = Centre()
    centre.sees(1)
    centre.opens(1)
    centre.happens(Rejected(reason))
    (frame,) = centre.export()
    return frame


def test_a_confirmed_fire_is_smoke_with_the_detectors_boxes_in_pixels_of_the_picture() -> None:
    centre = Centre([a_person("li-wei", Role.RANGER)])
    centre.sees(1)
    centre.opens(1)
    centre.happens(Confirmed())
    (frame,) = centre.export()
    assert frame.decision.label is ImageLabel.SMOKE
    assert (frame.decision.verdict, frame.decision.labelled_by) == ("confirmed", "ranger")
    assert (frame.width, frame.height, frame.boxes) == (*HALF, (Box(450.0, 250.0, 480.0, 270.0),))
    assert (frame.sequence, frame.observed_at, frame.score) == (an_incident_id(1), SCENE_START, 0.8)


@pytest.mark.parametrize("reason", [RejectReason.FOG_CLOUD, RejectReason.DUST, RejectReason.GLARE])
def test_fog_dust_and_glare_are_frames_without_smoke(reason: RejectReason) -> None:
    frame = rejected(reason)
    assert (frame.decision.label, frame.boxes) == (ImageLabel.NONE, ())
    assert frame.decision.verdict == f"rejected:{reason.value}"


@pytest.mark.parametrize(
    "reason", sorted(set(RejectReason) - {RejectReason.FOG_CLOUD, RejectReason.DUST, RejectReason.GLARE})
)
def test_where_smoke_was_there_or_nobody_knows_the_frame_teaches_nothing(reason: RejectReason) -> None:
    frame = rejected(reason)
    assert (frame.decision.label, frame.boxes) == (ImageLabel.IGNORE, None)


def test_what_nobody_decided_on_stays_unless_asked_for() -> None:
    centre = Centre()
    for number in (1, 2, 3):
        centre.sees(number, sighting=a_sighting(number, camera=f"camera-{number}"))
    centre.opens(1)
    centre.opens(2)
    centre.happens(Rejected(RejectReason.DUST), 2)
    centre.happens(Reopened(), 2)
    counts = LabelCounts()
    assert centre.export(counts) == []
    assert counts.left_out == {LeftOut.UNDECIDED: 3, LeftOut.NO_FRAME: 0}
    frames = centre.export(undecided=True)
    assert {(frame.decision.label, frame.decision.verdict) for frame in frames} == {(ImageLabel.IGNORE, "undecided")}
    assert {frame.decision.labelled_by for frame in frames} == {""}
    assert {frame.sequence for frame in frames} == {
        an_incident_id(1),
        an_incident_id(2),
        a_sighting(3).sighting_id,
    }


def test_the_last_word_counts_with_the_role_of_whoever_said_it() -> None:
    chief = Person(PersonId("wang"), "Wang", Role.CHIEF)
    centre = Centre([a_person("li-wei", Role.OFFICER), chief])
    centre.sees(1)
    centre.opens(1)
    centre.happens(Rejected(RejectReason.DUST))
    centre.happens(Reopened())
    centre.happens(Confirmed(), actor=Actor("wang", "Wang"))
    (frame,) = centre.export()
    assert (frame.decision.label, frame.decision.labelled_by) == (ImageLabel.SMOKE, "chief")


@pytest.mark.parametrize(("actor", "role"), [(LOCAL_OPERATOR, "local"), (Actor("gone", "Gone"), "unknown")])
def test_people_whom_nobody_knows_any_more_are_not_named(actor: Actor, role: str) -> None:
    centre = Centre()
    centre.sees(1)
    centre.opens(1)
    centre.happens(Confirmed(), actor=actor)
    assert centre.export()[0].decision.labelled_by == role


def test_a_merged_incidents_frames_belong_to_the_one_that_goes_on() -> None:
    centre = Centre()
    centre.sees(1)
    centre.sees(2, sighting=a_sighting(2, tower="tower-b"))
    centre.opens(1)
    centre.opens(2)
    centre.happens(Merged(an_incident_id(1)), 2)
    centre.happens(SightingJoined(a_sighting(2).sighting_id, TowerId("tower-b")), 1)
    centre.happens(Confirmed(), 1)
    frames = centre.export()
    assert [frame.tower_id for frame in frames] == ["tower-a", "tower-b"]
    assert {frame.sequence for frame in frames} == {an_incident_id(1)}


def test_crops_are_left_out_and_counted() -> None:
    centre = Centre()
    centre.sees(1, kind=EvidenceKind.CROP)
    centre.opens(1)
    centre.happens(Confirmed())
    counts = LabelCounts()
    assert centre.export(counts) == []
    assert counts.left_out[LeftOut.NO_FRAME] == 1


def test_an_exercise_teaches_nothing_whatever_was_decided_of_it() -> None:
    centre = Centre()
    drilled = replace(a_sighting(1), is_exercise=True)
    centre.sees(1, sighting=drilled)
    centre.happens(Opened(drilled.sighting_id, drilled.tower_id, is_exercise=True))
    centre.happens(Confirmed())
    counts = LabelCounts()
    assert centre.export(counts, undecided=True) == []
    assert counts.left_out[LeftOut.EXERCISE] == 1
    assert sum(counts.frames.values()) == 0


def test_a_picture_with_a_painted_smoke_is_no_label_even_of_a_fires_sighting() -> None:
    centre = Centre()
    sighting = a_sighting(1)
    centre.arrivals.write([SightingArrived(a_message_id(101), sighting, SCENE_START)])
    centre.keeps(replace(an_evidence(1, sighting=sighting), kind=EvidenceKind.FRAME, is_exercise=True))
    centre.opens(1)
    centre.happens(Confirmed())
    assert centre.export() == []


def test_a_fire_during_an_exercise_is_a_label_as_ever() -> None:
    """Its picture is the camera's own, without the painted smoke, and the drill's sighting is no smoke in it."""
    centre = Centre()
    centre.sees(1)
    centre.sees(2, sighting=replace(a_sighting(2), is_exercise=True))
    centre.opens(1)
    centre.happens(Confirmed())
    (frame,) = centre.export()
    assert frame.decision.label is ImageLabel.SMOKE
    assert frame.boxes is not None
    assert len(frame.boxes) == 1


def test_missing_and_damaged_pictures_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = Centre()
    for number in (1, 2):
        centre.sees(number, sighting=a_sighting(number, camera=f"camera-{number}"))
        centre.opens(number)
        centre.happens(Confirmed(), number)
    del centre.files.kept[an_evidence(1).evidence_id]
    monkeypatch.setitem(SIZES, b"\xff\xd8\xff", None)
    counts = LabelCounts()
    assert centre.export(counts) == []
    assert (counts.left_out[LeftOut.MISSING], counts.left_out[LeftOut.DAMAGED]) == (1, 1)


def test_each_frame_is_in_one_period() -> None:
    centre = Centre()
    centre.sees(1)
    centre.opens(1)
    centre.happens(Confirmed())
    assert [len(centre.export(hours=hours)) for hours in ((-1, 0), (0, 1), (0.001, 1))] == [0, 1, 0]


def two_at_once(first: Change, second: Change, **other: object) -> list[LabelledFrame]:
    """Export a sighting's frame, in which a sighting of another incident of the same camera burned as well."""
    centre = Centre()
    centre.sees(1)
    beside = replace(
        a_sighting(2),
        first_seen_at=SCENE_START - timedelta(minutes=5),
        observed_at=SCENE_START + timedelta(minutes=5),
        looks=(look_at(SCENE_START + timedelta(minutes=5)),),
        **other,  # type: ignore[arg-type]  # fields of a sighting
    )
    centre.arrivals.write([SightingArrived(a_message_id(9), beside, SCENE_START)])
    for number, change in ((1, first), (2, second)):
        centre.opens(number)
        centre.happens(change, number)
    return centre.export()


def look_at(at: datetime, box: Box = Box(100.0, 500.0, 140.0, 540.0)) -> Look:  # noqa: B008 - frozen
    return Look(FrameStamp(at, "c" * 64, 1920, 1080), box, 0.7)


FOG, FARM = Rejected(RejectReason.FOG_CLOUD), Rejected(RejectReason.FARM_BURNING)


def test_a_frame_of_fog_in_which_a_fire_burned_is_smoke_of_unknown_place() -> None:
    (frame,) = two_at_once(FOG, Confirmed())
    assert (frame.decision.label, frame.boxes, frame.sequence) == (ImageLabel.SMOKE, None, an_incident_id(2))


def test_a_fires_frame_in_which_another_burned_unseen_has_no_whole_set_of_boxes() -> None:
    (frame,) = two_at_once(Confirmed(), Confirmed())
    assert (frame.decision.label, frame.boxes) == (ImageLabel.SMOKE, None)


def test_a_fires_frame_with_farm_smoke_in_it_teaches_nothing() -> None:
    (frame,) = two_at_once(Confirmed(), FARM)
    assert (frame.decision.label, frame.boxes) == (ImageLabel.IGNORE, None)


def test_fog_beside_a_fire_takes_nothing_from_it() -> None:
    (frame,) = two_at_once(Confirmed(), FOG)
    assert (frame.decision.label, frame.boxes) == (ImageLabel.SMOKE, (Box(450.0, 250.0, 480.0, 270.0),))


def test_what_another_pose_saw_at_that_moment_is_not_in_the_picture() -> None:
    (frame,) = two_at_once(FOG, Confirmed(), pose_id="other")
    assert (frame.decision.label, frame.boxes) == (ImageLabel.NONE, ())


def test_two_smokes_of_one_frame_are_two_boxes_and_one_picture() -> None:
    (one,) = a_sighting(1).looks
    centre = Centre()
    centre.sees(1)
    other = replace(a_sighting(2), looks=(replace(one, box=Box(100.0, 500.0, 140.0, 540.0)),))
    centre.sees(2, sighting=other)
    for number in (1, 2):
        centre.opens(number)
        centre.happens(Confirmed(), number)
    (frame,) = centre.export()
    assert frame.boxes is not None
    assert set(frame.boxes) == {Box(450.0, 250.0, 480.0, 270.0), Box(50.0, 250.0, 70.0, 270.0)}


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(-50.0, -20.0, 100.0, 100.0), (Box(0.0, 0.0, 50.0, 50.0),)),
        (Box(1900.0, 1000.0, 3000.0, 2000.0), (Box(950.0, 500.0, 960.0, 540.0),)),
        (Box(2000.0, 10.0, 2100.0, 20.0), None),
        (None, (Box(450.0, 250.0, 480.0, 270.0),)),
    ],
)
def test_a_box_is_kept_within_its_picture_and_found_in_the_look_of_its_frame(
    box: Box | None, expected: tuple[Box, ...] | None
) -> None:
    centre = Centre()
    shown = a_sighting(1)
    centre.arrivals.write([SightingArrived(a_message_id(1), shown, SCENE_START)])
    centre.keeps(replace(an_evidence(1, sighting=shown), kind=EvidenceKind.FRAME, box=box))
    centre.opens(1)
    centre.happens(Confirmed())
    assert centre.export()[0].boxes == expected


def test_a_frame_without_a_look_of_its_own_has_the_sightings_score() -> None:
    centre = Centre()
    shown = replace(a_sighting(1), score=0.55)
    centre.arrivals.write([SightingArrived(a_message_id(1), shown, SCENE_START)])
    elsewhere = replace(an_evidence(1, sighting=shown), kind=EvidenceKind.FRAME, stamp=look_at(SCENE_START).stamp)
    centre.keeps(replace(elsewhere, box=None))
    centre.opens(1)
    centre.happens(Confirmed())
    (frame,) = centre.export()
    assert (frame.score, frame.boxes) == (0.55, None)


def test_counts_say_how_many_frames_incidents_and_cameras() -> None:
    centre = Centre()
    for number, camera in ((1, "north"), (2, "south"), (3, "south")):
        first = SCENE_START + timedelta(minutes=number)
        centre.sees(number, sighting=a_sighting(number, camera=camera, first_seen_at=first))
        centre.opens(number)
        centre.happens(Confirmed() if number > 1 else FOG, number)
    counts = LabelCounts()
    centre.export(counts)
    assert counts.frames == {ImageLabel.SMOKE: 2, ImageLabel.NONE: 1}
    assert len(counts.sequences[ImageLabel.SMOKE]) == 2
    assert counts.cameras[ImageLabel.SMOKE] == {("tower-a", "south")}
