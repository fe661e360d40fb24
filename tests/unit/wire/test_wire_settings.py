"""A tower's settings come out as they went in, and bad ones are refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import CameraId, MessageId, PoseId, TowerId, make_ulid
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.scales import DangerGrade
from firewatch.domain.tower_settings import PlaceRating, PoseMask, PoseThreshold, TowerSettings
from firewatch.errors import MalformedMessage, UnsupportedVersion
from firewatch.wire.settings_codec import decode_settings, encode_settings
from firewatch.wire.topics import ALL_OF, Kind, Topic, parse, rights_of_tower

AT = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
ID = MessageId(make_ulid(AT, b"0123456789"))
SQUARE = Polygon(((0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3)))

instants = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
words = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x9FFF, exclude_categories=["Cc", "Cs", "Z"]), min_size=1
)
masks = st.builds(
    Mask,
    words.map(lambda w: w[:64]),
    words.map(lambda w: w[:200]),
    st.just(SQUARE),
    st.none() | st.just(date(2026, 5, 1)),
)
settings = st.builds(
    TowerSettings,
    instants,
    st.none() | st.builds(PlaceRating, st.sampled_from(DangerGrade), instants),
    st.lists(
        st.builds(PoseThreshold, slugs.map(CameraId), slugs.map(PoseId), st.floats(0.0, 1.0)),
        max_size=3,
        unique_by=lambda t: (t.camera_id, t.pose_id),
    ).map(tuple),
    st.lists(st.builds(PoseMask, slugs.map(CameraId), slugs.map(PoseId), masks), max_size=3).map(tuple),
)


def a_message(**fields: object) -> bytes:
    whole = {"schema": "firewatch/v1/settings", "message_id": ID, "issued_at": "2026-04-04T04:00:00Z", **fields}
    return json.dumps(whole).encode()


@given(settings)
def test_settings_come_out_as_they_went_in(given_settings: TowerSettings) -> None:
    received = decode_settings(encode_settings(given_settings, ID))
    assert (received.message_id, received.value) == (ID, given_settings)


def test_the_least_is_a_rating_that_is_none() -> None:
    assert decode_settings(a_message()).value == TowerSettings(AT)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"rating": {"grade": 6, "valid_until": "2026-04-05T04:00:00Z"}}, "<= 5"),
        ({"rating": {"grade": 3}}, "valid_until"),
        ({"rating": {"grade": 3, "valid_until": "2026-04-05T04:00:00"}}, "timezone"),
        ({"thresholds": [{"camera_id": "a", "pose_id": "main", "threshold": 1.2}]}, "<= 1"),
        ({"thresholds": [{"camera_id": "a", "pose_id": "main", "threshold": 0.2}] * 2}, "each pose once"),
        (
            {
                "masks": [
                    {
                        "camera_id": "a",
                        "pose_id": "main",
                        "name": "kiln",
                        "reason": "lime",
                        "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]],
                    }
                ]
            },
            "cross or touch",
        ),
        (
            {"masks": [{"camera_id": "a", "pose_id": "main", "name": "kiln", "reason": "lime", "polygon": [[0, 0]]}]},
            "3",
        ),
        ({"issued_at": "0001-01-01T00:00:00+14:00"}, "UTC"),
    ],
)
def test_bad_settings_are_malformed_and_say_why(fields: dict[str, object], says: str) -> None:
    with pytest.raises(MalformedMessage, match=says):
        decode_settings(a_message(**fields))


def test_settings_of_another_version_say_so() -> None:
    with pytest.raises(UnsupportedVersion):
        decode_settings(a_message(schema="firewatch/v2/settings"))


def test_a_tower_hears_its_own_settings_and_may_not_write_them() -> None:
    topic = str(Topic.of_tower(Kind.SETTINGS, TowerId("yunfeng")))
    assert topic == "firewatch/v1/towers/yunfeng/settings"
    assert parse(topic) == Topic(Kind.SETTINGS, tower_id=TowerId("yunfeng"))
    rights = rights_of_tower(TowerId("yunfeng"))
    assert topic in rights.may_subscribe
    assert topic not in rights.may_publish
    assert ALL_OF[Kind.SETTINGS] == "firewatch/v1/towers/+/settings"
