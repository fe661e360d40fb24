"""Masks and the settings of a tower: what is drawn badly is refused with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from firewatch.domain.ids import CameraId, PoseId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.scales import DangerGrade
from firewatch.domain.tower_settings import PlaceRating, PoseMask, PoseThreshold, TowerSettings
from firewatch.errors import InvalidValue

AT = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
SQUARE = Polygon(((0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3)))
NORTH, MAIN = CameraId("north"), PoseId("main")


def test_a_polygon_knows_its_area_whichever_way_it_is_drawn() -> None:
    assert SQUARE.area == pytest.approx(0.04)
    assert Polygon(SQUARE.points[::-1]).area == pytest.approx(0.04)
    assert len(SQUARE.edges) == 4


@pytest.mark.parametrize(
    ("points", "says"),
    [
        (((0.0, 0.0), (1.0, 1.0)), "2 points"),
        (((0.0, 0.0),) * 65, "65 points"),
        (((0.0, 0.0), (1.1, 0.0), (0.5, 0.5)), "point 2"),
        (((0.0, 0.0), (float("nan"), 0.0), (0.5, 0.5)), "point 2"),
        (((0.1, 0.1), (0.3, 0.3), (0.3, 0.1), (0.1, 0.3)), "sides 1 and 3 cross"),
        # A corner that lies on another side.
        (((0.0, 0.0), (0.8, 0.0), (0.8, 0.8), (0.4, 0.0), (0.0, 0.8)), "cross or touch"),
        # A point twice; there and back again on one line, at the joint and at the end.
        (((0.1, 0.1), (0.1, 0.1), (0.3, 0.3), (0.1, 0.3)), "sides 1 and 2"),
        (((0.1, 0.1), (0.5, 0.1), (0.3, 0.1), (0.3, 0.5)), "sides 1 and 2"),
        (((0.3, 0.1), (0.5, 0.1), (0.5, 0.5), (0.6, 0.1)), "sides 1 and 4"),
        (((0.1, 0.1), (0.2, 0.1), (0.3, 0.1)), "sides"),
        (((0.1, 0.1), (0.1001, 0.1), (0.1001, 0.1001)), "an area of"),
        # The last side lies on the first.
        (((0.2, 0.2), (0.6, 0.2), (0.6, 0.6), (0.4, 0.2)), "cross or touch"),
    ],
)
def test_a_polygon_that_is_none_is_refused(points: tuple[tuple[float, float], ...], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        Polygon(points)


def test_straight_on_is_no_fold() -> None:
    assert Polygon(((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))).area == pytest.approx(1.0)


def test_lines_that_meet_only_when_made_longer_do_not_cross() -> None:
    assert Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 0.4), (0.5, 0.2), (0.0, 0.4))).area == pytest.approx(0.3)
    # A comb: two sides on one line, apart from each other.
    comb = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.7, 0.5), (0.7, 0.2), (0.3, 0.2), (0.3, 0.5), (0.0, 0.5))
    assert Polygon(comb).area == pytest.approx(0.38)


def test_a_mask_holds_through_its_last_day() -> None:
    assert Mask("kiln", "lime kiln", SQUARE).holds_at(AT)
    dated = Mask("site", "burning of cleared brush", SQUARE, date(2026, 4, 5))
    assert dated.holds_at(datetime(2026, 4, 5, 23, 59, tzinfo=UTC))
    assert not dated.holds_at(datetime(2026, 4, 6, tzinfo=UTC))
    with pytest.raises(InvalidValue, match="UTC"):
        dated.holds_at(datetime(2026, 4, 5))  # noqa: DTZ001 - the point of it


def test_a_mask_without_a_name_or_a_reason_is_refused() -> None:
    with pytest.raises(InvalidValue, match="name of a mask"):
        Mask(" ", "kiln", SQUARE)
    with pytest.raises(InvalidValue, match="reason of mask kiln"):
        Mask("kiln", "", SQUARE)


def test_an_expired_rating_is_none() -> None:
    rating = PlaceRating(DangerGrade.HIGH, AT)
    assert rating.grade_at(AT - timedelta(seconds=1)) is DangerGrade.HIGH
    assert rating.grade_at(AT) is None


def test_settings_answer_for_their_poses() -> None:
    mask = Mask("kiln", "lime kiln", SQUARE)
    settings = TowerSettings(AT, thresholds=(PoseThreshold(NORTH, MAIN, 0.4),), masks=(PoseMask(NORTH, MAIN, mask),))
    assert settings.threshold_of(NORTH, MAIN) == 0.4
    assert settings.threshold_of(NORTH, PoseId("left")) is None
    assert settings.masks_of(NORTH, MAIN) == (mask,)
    assert settings.masks_of(CameraId("south"), MAIN) == ()


def test_settings_that_contradict_themselves_are_refused() -> None:
    threshold = PoseThreshold(NORTH, MAIN, 0.4)
    with pytest.raises(InvalidValue, match="each pose once"):
        TowerSettings(AT, thresholds=(threshold, threshold))
    with pytest.raises(InvalidValue, match="at most 200"):
        TowerSettings(AT, masks=(PoseMask(NORTH, MAIN, Mask("kiln", "lime kiln", SQUARE)),) * 201)
    with pytest.raises(InvalidValue, match="threshold"):
        PoseThreshold(NORTH, MAIN, 1.5)
