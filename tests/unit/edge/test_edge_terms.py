"""By which rules, masks and light a frame is judged: the tower's settings, the centre's, the sun, and what expires."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import CameraId, MessageId, PoseId, TowerId, make_ulid
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.optics import Calibration
from firewatch.domain.scales import DangerGrade
from firewatch.domain.sun import Light
from firewatch.domain.tower_settings import PlaceRating, PoseMask, PoseThreshold, TowerSettings
from firewatch.domain.vision import Box, FrameStamp, Look, Sighting, SightingPhase
from firewatch.errors import InvalidValue
from firewatch.wire.settings_codec import encode_settings
from firewatch_edge.confirm import DangerShift, Rules, Viewpoint, base_bearing
from firewatch_edge.node import Held, HeldBack, OpenSightings, PoseTerms, RulePair, SettingsBook
from firewatch_edge.node.looking import end_outdated

if TYPE_CHECKING:
    from pathlib import Path

# Noon and midnight of Hengyang, and a quarter of an hour after its sunset.
NOON = datetime(2026, 4, 5, 4, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 5, 16, 30, tzinfo=UTC)
DUSK = datetime(2026, 4, 5, 11, 5, tzinfo=UTC)
HENGYANG = (26.9, 112.6)
NORTH, MAIN = CameraId("north"), PoseId("main")
LENS = Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3)
VIEW = Viewpoint(TowerId("a"), NORTH, MAIN, LENS, "f" * 64)
PAIR = RulePair(Rules(0.5), Rules(0.8))
KILN = Mask("kiln", "lime kiln", Polygon(((0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3))))


def rated(grade: DangerGrade, until: datetime = MIDNIGHT) -> TowerSettings:
    return TowerSettings(NOON, PlaceRating(grade, until))


def terms_of(settings: TowerSettings | None, **more: object) -> PoseTerms:
    return PoseTerms(VIEW, PAIR, settings=lambda: settings, **more)  # type: ignore[arg-type]


def test_without_settings_and_place_nothing_is_moved_or_muted() -> None:
    terms = terms_of(None).at(MIDNIGHT)
    assert terms.now == terms.usual == PAIR
    assert (terms.light, terms.may_open, terms.masks.masks, terms.not_detecting_reason) == (None, True, (), "")


def test_danger_moves_the_threshold_that_judges_both_ways() -> None:
    low, high = (terms_of(rated(grade)).at(NOON).now for grade in (DangerGrade.LOW, DangerGrade.EXTREME))
    assert low.verified is not None
    assert high.verified is not None
    assert low.verified.threshold > 0.8 > high.verified.threshold
    # 0.8 of the odds of 4 are 3.2.
    assert high.verified.threshold == pytest.approx(3.2 / 4.2)
    assert low.alone.threshold == high.alone.threshold == 0.5


def test_without_a_verifier_it_moves_the_single_frame() -> None:
    pose = PoseTerms(VIEW, RulePair(Rules(0.5)), settings=lambda: rated(DangerGrade.EXTREME))
    assert pose.at(NOON).now.alone.threshold == pytest.approx(0.8 / 1.8)
    assert pose.at(NOON).now.verified is None


def test_an_expired_rating_is_none() -> None:
    terms = terms_of(rated(DangerGrade.LOW, NOON))
    assert terms.at(NOON - timedelta(seconds=1)).now != PAIR
    assert terms.at(NOON).now == PAIR


@given(
    st.sampled_from(DangerGrade),
    st.floats(0.0, 1.0),
    st.lists(st.floats(0.1, 2.0), min_size=5, max_size=5).map(lambda odds: tuple(sorted(odds, reverse=True))),
    st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(sorted),
)
def test_more_danger_never_raises_a_threshold_and_none_leaves_its_bounds(
    grade: DangerGrade, threshold: float, odds: tuple[float, float, float, float, float], bounds: list[float]
) -> None:
    shift, rules = DangerShift(odds, *bounds), Rules(threshold)
    moved = shift.moved(rules, grade).threshold
    assert min(bounds[0], threshold) <= moved <= max(bounds[1], threshold)
    if grade is not DangerGrade.EXTREME:
        assert shift.moved(rules, DangerGrade(grade.value + 1)).threshold <= moved
    assert shift.moved(rules, None) is rules


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"odds": (1.0, 1.0, 1.0, 0.5, 0.6)}, "none larger"),
        ({"odds": (3.0, 1.0, 1.0, 0.5, 0.5)}, "0.1 to 2"),
        ({"odds": (1.0, 1.0, 1.0, 0.5, 0.0)}, "0.1 to 2"),
        ({"lowest": 0.9, "highest": 0.5}, "highest"),
        ({"lowest": -0.1}, "lowest"),
    ],
)
def test_a_shift_that_contradicts_itself_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        DangerShift(**wrong)  # type: ignore[arg-type]


def test_the_centre_sets_thresholds_and_adds_masks_and_takes_none_away() -> None:
    steam = Mask("steam", "vent", KILN.polygon, date(2026, 4, 4))
    settings = TowerSettings(NOON, thresholds=(PoseThreshold(NORTH, MAIN, 0.6),), masks=(PoseMask(NORTH, MAIN, steam),))
    terms = terms_of(settings, masks=[KILN])
    assert terms.at(NOON).now.alone.threshold == 0.6
    assert terms.at(NOON).masks.masks == (KILN,)
    day_before = terms.at(NOON - timedelta(days=1))
    assert day_before.masks.masks == (KILN, steam)
    assert terms.at(NOON - timedelta(days=1)).masks is day_before.masks
    other = PoseTerms(replace(VIEW, pose_id=PoseId("left")), PAIR, settings=lambda: settings)
    assert other.at(NOON).now == PAIR


def test_at_night_nothing_opens_unless_the_model_was_tried_at_night() -> None:
    terms = terms_of(None, place=HENGYANG)
    lights = [(terms.at(at).light, terms.at(at).may_open) for at in (NOON, DUSK, MIDNIGHT)]
    assert lights == [(Light.DAY, True), (Light.TWILIGHT, True), (Light.NIGHT, False)]
    assert terms.at(MIDNIGHT).not_detecting_reason == "night"
    tried = terms_of(None, place=HENGYANG, lights=["day", "twilight", "night"])
    assert tried.at(MIDNIGHT).may_open
    assert not terms_of(None, place=HENGYANG, lights=["day"]).at(DUSK).may_open


class TestSettingsBook:
    GOOD = encode_settings(rated(DangerGrade.HIGH), MessageId(make_ulid(NOON, bytes(10))))

    def test_good_settings_are_in_effect_and_kept_over_a_restart(self, tmp_path: Path) -> None:
        book = SettingsBook(tmp_path / "settings.json", [(NORTH, MAIN)])
        assert book.current is None
        book.take(self.GOOD)
        assert book.current == rated(DangerGrade.HIGH)
        assert SettingsBook(tmp_path / "settings.json", []).current == rated(DangerGrade.HIGH)

    @pytest.mark.parametrize(
        "bad", [b"{", b'{"schema":"firewatch/v1/settings"}', GOOD.replace(b'"grade":4', b'"grade":9')]
    )
    def test_bad_settings_are_refused_loudly_and_the_last_good_stay(
        self, tmp_path: Path, bad: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        book = SettingsBook(tmp_path / "settings.json", [(NORTH, MAIN)])
        book.take(self.GOOD)
        book.take(bad)
        assert book.current == rated(DangerGrade.HIGH)
        assert book.refused.startswith("firewatch/v1/settings: ")
        assert "settings.refused" in caplog.text
        assert SettingsBook(tmp_path / "settings.json", []).current == rated(DangerGrade.HIGH)
        book.take(self.GOOD)
        assert book.refused == ""

    def test_an_empty_message_takes_them_back_also_over_a_restart(self, tmp_path: Path) -> None:
        book = SettingsBook(tmp_path / "settings.json", [])
        book.take(self.GOOD)
        book.take(b"")
        assert book.current is None
        assert SettingsBook(tmp_path / "settings.json", []).current is None

    def test_a_disk_that_refuses_costs_only_the_restart(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "var").write_text("a file where a folder should be", encoding="utf-8")
        book = SettingsBook(tmp_path / "var" / "settings.json", [])
        book.take(self.GOOD)
        assert book.current == rated(DangerGrade.HIGH)
        assert "settings.not_kept" in caplog.text

    def test_settings_for_a_pose_that_is_not_here_are_said_to_be_so(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings = replace(rated(DangerGrade.HIGH), masks=(PoseMask(CameraId("west"), MAIN, KILN),))
        book = SettingsBook(tmp_path / "settings.json", [(NORTH, MAIN)])
        book.take(encode_settings(settings, MessageId(make_ulid(NOON, bytes(10)))))
        assert book.current == settings
        assert "settings.unknown_pose" in caplog.text


def stamp(at_s: float, width_px: int = 1280) -> FrameStamp:
    return FrameStamp(NOON + timedelta(seconds=at_s), f"{int(at_s * 1000):064x}", width_px, 720)


class TestHeldBack:
    def test_one_place_for_one_reason_is_one_entry_with_its_best_picture(self) -> None:
        held = HeldBack()
        for number, score in enumerate((0.6, 0.9, 0.7)):
            box = Box(600.0 + number, 300.0, 640.0, 340.0)
            held.add(NORTH, MAIN, Held("mask", box, score, "kiln"), stamp(10.0 * number), f"{score}".encode)
        (entry,) = held.latest()
        assert (entry.times, entry.held.score, entry.crop) == (3, 0.9, b"0.9")
        assert (entry.first_at, entry.last_at) == (NOON, NOON + timedelta(seconds=20))

    def test_another_place_reason_pose_or_hour_is_another(self) -> None:
        held, box = HeldBack(), Box(600.0, 300.0, 640.0, 340.0)
        held.add(NORTH, MAIN, Held("mask", box, 0.6), stamp(0.0), bytes)
        held.add(NORTH, MAIN, Held("night", box, 0.6), stamp(1.0), bytes)
        held.add(NORTH, PoseId("left"), Held("mask", box, 0.6), stamp(2.0), bytes)
        held.add(NORTH, MAIN, Held("mask", Box(100.0, 300.0, 140.0, 340.0), 0.6), stamp(3.0), bytes)
        held.add(NORTH, MAIN, Held("mask", box, 0.6), stamp(4.0, 640), bytes)
        held.add(NORTH, MAIN, Held("mask", box, 0.6), stamp(8000.0), bytes)
        assert len(held) == 6
        assert [entry.last_at for entry in held.latest(2)] == [stamp(8000.0).captured_at, stamp(4.0).captured_at]
        assert len(held.latest(since=NOON + timedelta(seconds=3))) == 3

    def test_it_is_bounded_and_counts_what_had_to_go(self) -> None:
        held = HeldBack(most=3)
        for number in range(5):
            box = Box(100.0 * number, 0.0, 100.0 * number + 20.0, 20.0)
            held.add(NORTH, MAIN, Held("danger", box, 0.5), stamp(number), bytes)
        assert (len(held), held.dropped) == (3, 2)
        assert held.latest()[-1].held.box.x0 == 200.0


def sighting(revision: int, phase: SightingPhase = SightingPhase.OPENED, ulid: bytes = bytes(10)) -> Sighting:
    look = Look(stamp(10.0 * revision), Box(600.0, 300.0, 640.0, 340.0), 0.8)
    return Sighting(
        make_ulid(NOON, ulid), revision, phase, VIEW.tower_id, NORTH, MAIN, LENS.calibration_id, NOON,  # type: ignore[arg-type]
        look.stamp.captured_at, (look,), base_bearing(LENS, look), 0.8, 1, 1, "f" * 64,
    )  # fmt: skip


class TestOpenSightings:
    def test_what_is_open_is_there_again_after_a_restart_and_what_ended_is_not(self, tmp_path: Path) -> None:
        path = tmp_path / "open.json"
        book, other = OpenSightings(path), b"0123456789"
        book.note([sighting(1), sighting(1, ulid=other)])
        book.note([sighting(2, SightingPhase.GROWING)])
        book.note([sighting(2, SightingPhase.ENDED, other)])
        assert OpenSightings(path).of(VIEW) == (sighting(2, SightingPhase.GROWING),)
        assert OpenSightings(path).of(replace(VIEW, pose_id=PoseId("left"))) == ()

    def test_after_a_new_calibration_they_are_ended(self, tmp_path: Path) -> None:
        path = tmp_path / "open.json"
        OpenSightings(path).note([sighting(3)])
        turned = replace(VIEW, calibration=replace(LENS, calibration_id="turned"))
        given_on: list[Sighting] = []

        class Hands:
            def give(self, one: Sighting, _pictures: object) -> None:
                given_on.append(one)

        book = OpenSightings(path)
        end_outdated(book, turned, Hands())  # type: ignore[arg-type]
        assert [(one.revision, one.phase) for one in given_on] == [(4, SightingPhase.ENDED)]
        assert OpenSightings(path).of(VIEW) == OpenSightings(path).outdated(turned) == ()

    @pytest.mark.parametrize("content", [b"[", b"[{}]", b"\xff", b"3"])
    def test_a_damaged_file_is_said_to_be_so_and_costs_no_start(
        self, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = tmp_path / "open.json"
        path.write_bytes(content)
        assert OpenSightings(path).of(VIEW) == ()
        assert "open_sightings.unreadable" in caplog.text

    def test_a_disk_that_refuses_is_said_to_and_costs_no_sighting(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "var").write_text("a file where a folder should be", encoding="utf-8")
        book = OpenSightings(tmp_path / "var" / "open.json")
        book.note([sighting(1)])
        assert book.of(VIEW) == (sighting(1),)
        assert "open_sightings.not_kept" in caplog.text

    def test_without_a_file_it_remembers_within_the_run(self) -> None:
        book = OpenSightings()
        book.note([sighting(1)])
        assert book.of(VIEW) == (sighting(1),)
