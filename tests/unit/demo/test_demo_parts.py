"""The parts of the demo that need no processes."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from firewatch.demo.camera_server import CameraServer
from firewatch.demo.clock import SceneClock
from firewatch.demo.phone import PhoneSink
from firewatch.demo.pictures import FramesFromFolder, Picture
from firewatch.demo.places import Climate
from firewatch.demo.report import outbox_depth, verdict
from firewatch.demo.weather import make_forecast, make_hours, make_readings
from firewatch.demo.world import CAMERA, make_ground
from firewatch.demo.world_maker import WorldMaker
from firewatch.domain.ids import StationId
from firewatch.errors import FrameUnavailableError, InvalidValue, TerrainError
from firewatch.scene import Wind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch.demo.world import Ground

T0 = datetime(2026, 4, 4, 6, 0, tzinfo=UTC)


def write_frame(path: Path, grey: int) -> None:
    cv2.imwrite(str(path), np.full((24, 32, 3), grey, np.uint8))


def test_scene_time_runs_at_its_speed_and_back() -> None:
    clock = SceneClock(T0, 4.0)
    assert clock.scene_s(T0 + timedelta(seconds=15)) == 60.0
    assert clock.instant(60.0) == T0 + timedelta(seconds=15)
    with pytest.raises(InvalidValue, match="speed"):
        SceneClock(T0, 100.0)


def test_the_weather_ends_with_a_dry_spell_at_the_last_noon() -> None:
    readings = make_readings(StationId("st-1"), T0, 1)
    assert readings == make_readings(StationId("st-1"), T0, 1)
    assert readings[-1].observed_at == datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
    assert all(reading.rain_mm == 0.0 for reading in readings[-18:])
    assert any(reading.rain_mm > 5.0 for reading in readings[:-18])
    early = make_readings(StationId("st-1"), T0.replace(hour=1), 1)
    assert early[-1].observed_at == datetime(2026, 4, 3, 4, 0, tzinfo=UTC)


def test_the_forecast_goes_on_from_the_last_noon_and_brings_a_front() -> None:
    forecast = make_forecast(StationId("st-1"), T0, 1)
    assert forecast == make_forecast(StationId("st-1"), T0, 1)
    (last,) = make_readings(StationId("st-1"), T0, 1)[-1:]
    noons = [day.observed_at for day in forecast.days]
    assert noons == [last.observed_at + timedelta(days=ahead) for ahead in range(1, 7)]
    assert [day.rain_mm > 0.0 for day in forecast.days] == [False, False, False, True, False, False]
    assert {day.source for day in forecast.days} == {forecast.source}


def test_the_last_hours_have_the_wind_of_the_world() -> None:
    noon = make_readings(StationId("st-1"), T0, 1)[-1]
    hours = make_hours(noon, T0 + timedelta(minutes=59), Wind(2.5, 123.4))
    full = T0.replace(minute=0, second=0)
    assert [one.at for one in hours] == [full - timedelta(hours=ago) for ago in (2, 1, 0)]
    assert {(one.wind_kmh, one.wind_from_deg, one.temp_c, one.rh_pct) for one in hours} == {
        (9.0, 123.0, noon.temp_c, noon.rh_pct)
    }


def test_stations_have_weather_of_their_own() -> None:
    dry, damp = (make_readings(StationId("st-1"), T0, 1, climate) for climate in (Climate(), Climate(3, -4.0, 30.0)))
    assert sum(one.rh_pct for one in damp) > sum(one.rh_pct for one in dry) + 60 * 15
    assert any(one.rain_mm > 0.0 for one in damp[-18:])


def test_frames_named_in_seconds_are_shown_in_their_time(tmp_path: Path) -> None:
    for name, grey in (("-00060.jpg", 10), ("+00000.jpg", 100), ("+00060.png", 200)):
        write_frame(tmp_path / name, grey)
    frames = FramesFromFolder(tmp_path)
    assert frames.ignition_s == 60.0
    assert frames.lasts_s == 120.0
    assert [frames.picture(at).is_smoke_visible for at in (0.0, 59.0, 60.0, 500.0)] == [False, False, True, True]
    assert json.dumps(frames.picture(60.0).is_smoke_visible) == "true"  # the truth log takes it as it is
    decoded = cv2.imdecode(np.frombuffer(frames.picture(125.0).jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.mean() == pytest.approx(200.0, abs=3.0)


def test_the_first_frame_stands_until_the_nodes_have_started(tmp_path: Path) -> None:
    for name, grey in (("-00060.jpg", 10), ("+00000.jpg", 100)):
        write_frame(tmp_path / name, grey)
    frames = FramesFromFolder(tmp_path, lead_s=100.0)
    assert (frames.ignition_s, frames.lasts_s) == (160.0, 160.0)
    assert [frames.picture(at).is_smoke_visible for at in (0.0, 99.0, 159.0, 160.0)] == [False, False, False, True]


def test_frames_that_begin_after_the_ignition_burn_from_the_start_and_those_that_end_before_it_never(
    tmp_path: Path,
) -> None:
    for folder, names in (("late", ("+00060", "+00120")), ("early", ("-00120", "-00060"))):
        (tmp_path / folder).mkdir()
        for name in names:
            write_frame(tmp_path / folder / f"{name}.jpg", 50)
    late, early = FramesFromFolder(tmp_path / "late"), FramesFromFolder(tmp_path / "early")
    assert late.ignition_s == -60.0
    assert late.picture(0.0).is_smoke_visible
    assert early.ignition_s is None
    assert late.is_timed
    assert early.is_timed


def test_a_frame_that_cannot_be_read_is_no_frame(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    (tmp_path / "b.png").write_bytes(b"no picture")
    frames = FramesFromFolder(tmp_path)
    for scene_s in (0.0, 60.0):
        with pytest.raises(FrameUnavailableError):
            frames.picture(scene_s)


def test_frames_without_times_are_a_minute_apart_and_mixed_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="folder"):
        FramesFromFolder(tmp_path)
    write_frame(tmp_path / "a.jpg", 10)
    write_frame(tmp_path / "b.jpg", 20)
    frames = FramesFromFolder(tmp_path)
    assert frames.ignition_s is None
    assert not frames.is_timed
    assert frames.lasts_s == 60.0
    write_frame(tmp_path / "+00060.jpg", 30)
    with pytest.raises(InvalidValue, match="every name, or in none"):
        FramesFromFolder(tmp_path)


class OnePicture:
    """A camera that always shows the same."""

    def picture(self, scene_s: float) -> Picture:
        return Picture(b"\xff\xd8\xff picture", is_smoke_visible=scene_s > 1e6)


def test_cameras_wait_for_the_scene_and_write_down_the_truth(tmp_path: Path) -> None:
    truth = tmp_path / "cameras.jsonl"
    with CameraServer({"tower-1": OnePicture()}, truth) as cameras:
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(cameras.url("tower-1"))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(cameras.url("tower-9"))
        cameras.roll(SceneClock(datetime.now(UTC)))
        with urllib.request.urlopen(cameras.url("tower-1")) as answer:
            captured_at = datetime.fromisoformat(answer.headers["X-Captured-At"])
            assert answer.read() == b"\xff\xd8\xff picture"
    (line,) = [json.loads(text) for text in truth.read_text(encoding="utf-8").splitlines()]
    assert line["camera"] == "tower-1"
    assert datetime.fromisoformat(line["captured_at"]) == captured_at
    assert not line["smoke_visible"]


def test_cameras_give_and_write_nothing_after_the_scene(tmp_path: Path) -> None:
    truth = tmp_path / "cameras.jsonl"
    with CameraServer({"tower-1": OnePicture()}, truth) as cameras:
        cameras.roll(SceneClock(datetime.now(UTC)))
        with urllib.request.urlopen(cameras.url("tower-1")) as answer:
            assert answer.status == 200
        cameras.stop()
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(cameras.url("tower-1"))
    assert len(truth.read_text(encoding="utf-8").splitlines()) == 1


class BrokenCamera:
    """A camera whose program fails."""

    def picture(self, scene_s: float) -> Picture:
        raise RuntimeError(f"lens off at {scene_s}")


def test_a_broken_camera_is_one_line_of_log_and_harms_no_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with CameraServer({"a": BrokenCamera(), "b": OnePicture()}, tmp_path / "truth.jsonl") as cameras:
        cameras.roll(SceneClock(datetime.now(UTC)))
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on when the connection ends
            urllib.request.urlopen(cameras.url("a"))
        with urllib.request.urlopen(cameras.url("b")) as answer:
            assert answer.status == 200
    assert [record.message for record in caplog.records] == ["camera.failed"]
    assert "Traceback" not in capfd.readouterr().err


def test_a_phone_writes_an_alert_down_before_it_answers(tmp_path: Path) -> None:
    log = tmp_path / "phones.jsonl"
    with PhoneSink(log) as phones:
        address = phones.channel("duty-1").removeprefix("webhook:")
        body = json.dumps({"subject": "烟", "link": "http://x", "crop_jpeg_base64": "AAAA"}).encode()
        request = urllib.request.Request(address, body, {"Idempotency-Key": "K1"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        (line,) = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()]
        for bad in (b"", b"not json", b"[1]"):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(urllib.request.Request(address, bad, method="POST"))
    assert line["person"] == "duty-1"
    assert line["idempotency_key"] == "K1"
    assert "crop_jpeg_base64" not in line


def test_a_verdict_names_everything_that_went_wrong() -> None:
    messages = {"lost": 0, "quarantined": 0}
    well = {"found": True, "messages": messages, "frames": {"served": 9}, "false_alarms": 0}
    assert verdict(well, expects_fire=True) == []
    ill = {"found": False, "messages": {"lost": 2, "quarantined": 1}, "frames": {"served": 9}, "false_alarms": 1}
    assert len(verdict(ill, expects_fire=True)) == 4
    assert len(verdict(ill, expects_fire=False)) == 3
    # Of real frames whose names carry no times nobody knows whether an incident is false.
    assert verdict(well | {"false_alarms": None}, expects_fire=False) == []
    assert "nothing was watched" in verdict(well | {"frames": {"served": 0}}, expects_fire=False)[0]


def test_the_ground_of_a_seed_is_always_the_same_and_marked_as_illustrative() -> None:
    ground = make_ground(3)
    assert ground.sites == make_ground(3).sites
    assert ground.sites.is_illustrative
    assert len(ground.sites.towers) == len(ground.views) == 3
    for tower in ground.sites.towers:
        assert tower.camera(CAMERA).range_m > 1000.0


def test_an_outbox_tells_how_many_messages_wait(tmp_path: Path) -> None:
    from firewatch_edge.publish import Outbox

    outbox = Outbox(tmp_path / "outbox.sqlite")
    outbox.close()
    assert outbox_depth(tmp_path / "outbox.sqlite") == 0
    assert outbox_depth(tmp_path / "not yet made.sqlite") == 0
    (tmp_path / "just made.sqlite").touch()
    assert outbox_depth(tmp_path / "just made.sqlite") == 0


def test_a_world_that_is_given_up_stops_after_the_tower_that_it_is_at() -> None:
    begun, go_on, made = threading.Event(), threading.Event(), []

    def make(ground: Ground) -> Iterator[Any]:
        for tower in ground.sites.towers:
            begun.set()
            assert go_on.wait(20.0)
            made.append(tower.tower_id)
            yield None

    maker = WorldMaker(make_ground(1), 60.0, make)
    maker.join()  # not started: nothing to wait for
    maker.start()
    assert begun.wait(20.0)
    maker.give_up()
    go_on.set()
    maker.join()
    assert made == ["tower-1"]


def test_what_goes_wrong_in_making_a_world_is_raised_where_it_is_wanted() -> None:
    def make(ground: Ground) -> Iterator[Any]:
        raise TerrainError(f"seed {ground.seed} is flat")

    maker = WorldMaker(make_ground(1), 60.0, make)
    maker.start()
    with pytest.raises(TerrainError, match="seed 1 is flat"):
        maker.result()
