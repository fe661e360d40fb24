"""Topics: spelled in one place, read back without loss, and rights that keep towers apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import CameraId, IncidentId, StationId, TowerId
from firewatch.errors import InvalidValue, MalformedMessage
from firewatch.wire import topics
from firewatch.wire.topics import ALL_OF, Kind, Topic, backfill_of, parse

INCIDENT = IncidentId("01KNBABKG0PMKAXWD3877YDSE3")
EVERY_TOPIC = [
    *(
        Topic.of_camera(kind, TowerId("a"), CameraId("n"))
        for kind in (Kind.SIGHTINGS, Kind.BACKFILL, Kind.EVIDENCE, Kind.LIVE)
    ),
    *(
        Topic.of_tower(kind, TowerId("a"))
        for kind in (Kind.RECEIPTS, Kind.STATUS, Kind.VITALS, Kind.SETTINGS, Kind.COMMANDS, Kind.REPLIES)
    ),
    Topic.of_station(StationId("s")),
    Topic.of_incident(INCIDENT),
]


@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=str)
def test_a_topic_is_read_back_as_it_was_spelled(topic: Topic) -> None:
    assert parse(str(topic)) == topic


@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=str)
def test_the_filter_of_a_kind_fits_its_topics(topic: Topic) -> None:
    levels, wanted = str(topic).split("/"), ALL_OF[topic.kind].split("/")
    assert all(want in ("+", level) for want, level in zip(wanted, levels, strict=True))


def test_every_kind_has_a_filter() -> None:
    assert set(ALL_OF) == set(Kind)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "firewatch",
        "firewatch/v2/towers/a/status",
        "firewatch/v1/towers/a/smoke",
        "firewatch/v1/towers/a/sightings",
        "firewatch/v1/towers/a/cameras/n/status",
        "firewatch/v1/towers/A/status",
        "firewatch/v1/towers/+/status",
        "firewatch/v1/stations/s/vitals",
        "firewatch/v1/stations/s s/observations",
        "firewatch/v1/incidents/7",
        "firewatch/v1/towers/a/cameras/n/sightings/x",
    ],
)
def test_what_is_no_topic_of_ours_is_refused(topic: str) -> None:
    with pytest.raises(MalformedMessage, match="no topic of wire version 1"):
        parse(topic)


@given(st.text(max_size=60))
def test_any_text_is_a_topic_or_refused(text: str) -> None:
    try:
        assert str(parse(text)) == text
    except MalformedMessage as err:
        assert "no topic" in str(err)  # noqa: PT017 - either outcome is right


def test_a_name_that_would_break_a_topic_is_refused() -> None:
    for bad in ("a/b", "+", "#", "A", ""):
        with pytest.raises(InvalidValue):
            Topic.of_tower(Kind.STATUS, TowerId(bad))
        with pytest.raises(InvalidValue):
            topics.rights_of_tower(TowerId(bad))


def test_a_late_sighting_goes_to_the_backfill_of_its_camera() -> None:
    fresh = Topic.of_camera(Kind.SIGHTINGS, TowerId("a"), CameraId("n"))
    assert parse(backfill_of(str(fresh))) == Topic.of_camera(Kind.BACKFILL, TowerId("a"), CameraId("n"))


def test_only_sightings_have_a_backfill() -> None:
    with pytest.raises(MalformedMessage, match="only sightings come late"):
        backfill_of(str(Topic.of_tower(Kind.STATUS, TowerId("a"))))


def test_a_tower_speaks_only_for_itself() -> None:
    rights = topics.rights_of_tower(TowerId("a"))
    assert all(topic.startswith("firewatch/v1/towers/a/") for topic in rights.may_publish + rights.may_subscribe)
    assert "firewatch/v1/towers/a/receipts" not in rights.may_publish


def test_a_tower_hears_its_own_commands_and_writes_only_its_own_replies() -> None:
    own, other = topics.rights_of_tower(TowerId("a")), TowerId("b")
    commands, replies = (str(Topic.of_tower(kind, TowerId("a"))) for kind in (Kind.COMMANDS, Kind.REPLIES))
    assert commands in own.may_subscribe
    assert commands not in own.may_publish
    assert replies in own.may_publish
    assert replies not in own.may_subscribe
    others = {str(Topic.of_tower(kind, other)) for kind in (Kind.COMMANDS, Kind.REPLIES)}
    assert not others & {*own.may_publish, *own.may_subscribe}


def test_a_station_only_reports_and_the_centre_does_all() -> None:
    assert topics.rights_of_station(StationId("s")) == topics.Rights(("firewatch/v1/stations/s/observations",), ())
    assert topics.rights_of_centre().may_publish == ("firewatch/v1/#",)
