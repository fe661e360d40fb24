"""A tower's settings come out as they went in, and bad ones are refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import CameraId, MessageId, PoseId, TowerId, make_ulid
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.optics import Calibration
from firewatch.domain.scales import DangerGrade
from firewatch.domain.tower_settings import PlaceRating, PoseCalibration, PoseMask, PoseThreshold, TowerSettings
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
lenses = st.none() | st.builds(
    lambda kind, focal, terms: Lens(
        kind, focal, terms if kind is LensKind.FISHEYE else (*terms, 0.0), 0.49, 0.52, 1.01
    ),
    st.sampled_from(LensKind),
    st.floats(0.8, 20.0),
    st.tuples(*[st.floats(-0.01, 0.01)] * 4),
)


@st.composite
def corrections(draw: st.DrawFn) -> PoseCalibration:
    lens = draw(lenses)
    hfov = draw(st.floats(1.0, 150.0)) if lens is None else lens.hfov_deg()
    angles = draw(st.floats(0.0, 359.9)), draw(st.floats(-90.0, 90.0)), hfov, draw(st.floats(0.001, 90.0))
    mount = draw(st.none() | st.builds(Mount, st.floats(-9.0, 9.0), lean_deg=st.floats(0.0, 30.0)))
    errors = draw(st.none() | st.builds(AngleErrors, *[st.floats(0.0, 90.0)] * 3))
    look = Calibration("new", *angles, draw(st.floats(-180.0, 180.0)), lens, mount, errors)
    return PoseCalibration(CameraId(draw(slugs)), PoseId(draw(slugs)), look, ("a/north/main", "v1"))


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
    st.lists(corrections(), max_size=2, unique_by=lambda c: (c.camera_id, c.pose_id)).map(tuple),
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


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hfov_deg": 0.0}, "horizontal field of view"),
        ({"corrects": ["new"]}, "none of them the new one"),
        ({"corrects": []}, "length >= 1"),
        ({"azimuth_deg": 360.0}, "< 360"),
        ({"lens": {"kind": "rectilinear", "focal": 0.8, "distortion": [0.1]}}, "none or 5 coefficients"),
        ({"errors": {"tilt_deg": 0.1, "roll_deg": 0.1, "correlations": [1.0]}}, "length 6"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(change: dict[str, object], why: str) -> None:
    whole = {"camera_id": "north", "pose_id": "main", "calibration_id": "new", "corrects": ["old"], "azimuth_deg": 1.0}
    whole |= {"tilt_deg": 0.0, "hfov_deg": 60.0, "sigma_deg": 0.1}
    assert decode_settings(a_message(calibrations=[whole])).value.calibrations[0].corrects == ("old",)
    with pytest.raises(MalformedMessage, match=why):
        decode_settings(a_message(calibrations=[whole | change]))
    with pytest.raises(MalformedMessage, match="each pose once"):
        decode_settings(a_message(calibrations=[whole, whole]))


def test_a_correction_counts_only_for_a_calibration_that_it_corrects() -> None:
    new, own = (Calibration(name, 10.0, 0.0, 60.0, 0.3) for name in ("new", "own"))
    north = PoseCalibration(CameraId("north"), PoseId("main"), new, ("old",))
    sent = TowerSettings(AT, calibrations=(north,))
    old = Calibration("old", 12.0, 0.0, 60.0, 0.5)
    assert sent.calibration_of(CameraId("north"), PoseId("main"), old) is new
    # Somebody on the mast has given it another since: that one knows better.
    assert sent.calibration_of(CameraId("north"), PoseId("main"), own) is own
    assert sent.calibration_of(CameraId("south"), PoseId("main"), old) is old
