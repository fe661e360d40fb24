"""ONVIF spoken in earnest: the library against a device on loopback that checks every token."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from onvif_device import Answerer, OnvifDevice
from turning_camera import TurningCamera

from firewatch.errors import ConfigError, InvalidValue, MountUnavailableError
from firewatch_edge.cli import doctor, main
from firewatch_edge.config import load_settings
from firewatch_edge.mount import OnvifAddress, OnvifMount, discover
from firewatch_edge.mount.loop import OwnLoop
from firewatch_edge.patrol import MountPosition, MountStatus, Preset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with OnvifDevice(TurningCamera(speed=1.0)) as running:
        running.presets = {"North": (0.0, 0.1, 0.0), "东山": (0.5, 0.0, 0.2)}
        yield running


@pytest.fixture
def mount(device: OnvifDevice) -> Iterator[OnvifMount]:
    opened = OnvifMount(OnvifAddress(device.url, "admin", "secret", timeout_s=3.0))
    yield opened
    opened.close()


def at_rest(mount: OnvifMount) -> MountStatus:
    until_s = time.monotonic() + 10.0
    while (status := mount.status()).is_moving:
        assert time.monotonic() < until_s
        time.sleep(0.02)
    return status


def test_it_goes_where_it_is_sent_and_says_so_on_the_way(device: OnvifDevice, mount: OnvifMount) -> None:
    assert mount.status() == MountStatus(MountPosition(0.0), is_moving=False)
    mount.go_to(MountPosition(-0.4, 0.2, 0.5))
    assert mount.status().is_moving
    assert at_rest(mount).position == MountPosition(-0.4, 0.2, 0.5)
    assert mount.presets()[1] == Preset("2", "东山", MountPosition(0.5, 0.0, 0.2))
    for name in ("东山", "1"):
        goal = mount.recall(name)
        assert at_rest(mount).position == goal
    mount.drive(MountPosition(0.5), 10.0)
    mount.stop()
    stopped = mount.status()
    assert stopped.position is not None
    assert not stopped.is_moving
    assert 0.0 <= stopped.position.pan < 1.0
    device.tells_position = False
    assert mount.status() == MountStatus(None, is_moving=False)
    # The library would have said so at every one of them.
    assert device.refused == 0


def test_a_device_with_a_wrong_clock_takes_our_account_and_one_that_is_set_anew_does_too(
    device: OnvifDevice, mount: OnvifMount
) -> None:
    device.clock_offset_s = -400 * 86_400.0
    facts = mount.facts()
    assert facts.clock_offset_s == pytest.approx(-400 * 86_400.0, abs=3.0)
    assert (facts.model, facts.profile) == ("Drawn PTZ-1 1.2", "main")
    assert facts.stream_uri == "rtsp://127.0.0.1:554/main"
    assert facts.snapshot_uri == f"{device.url}/snapshot.jpg"
    device.clock_offset_s = 3600.0
    assert mount.status().position == MountPosition(0.0)
    assert device.refused == 1


def test_a_wrong_password_is_told_in_words_and_not_tried_over_and_over(device: OnvifDevice, mount: OnvifMount) -> None:
    device.account = ("admin", "another")
    for _ in range(2):
        before = device.refused
        with pytest.raises(MountUnavailableError, match="refuses the account") as refused:
            mount.status()
        assert not refused.value.is_answer
        # Both ways of asking for the services; neither is repeated.
        assert device.refused - before <= 2
    device.account = ("admin", "secret")
    assert mount.status().position is not None


def test_what_it_will_not_do_is_an_answer_and_what_it_does_not_say_is_none(
    device: OnvifDevice, mount: OnvifMount
) -> None:
    with pytest.raises(MountUnavailableError, match="no preset 'west'; it has: North, 东山") as refused:
        mount.recall("west")
    assert refused.value.is_answer
    with pytest.raises(MountUnavailableError, match="out of range") as refused:
        mount.go_to(MountPosition(3.0))
    assert refused.value.is_answer


def test_a_device_that_stops_answering_costs_its_time_out_and_no_more(device: OnvifDevice) -> None:
    mount = OnvifMount(OnvifAddress(device.url, "admin", "secret", timeout_s=0.6))
    try:
        mount.status()
        device.is_deaf = True
        started_s = time.monotonic()
        with pytest.raises(MountUnavailableError, match=r"no answer within 0\.6 s") as silent:
            mount.status()
        assert time.monotonic() - started_s < 3.0
        assert not silent.value.is_answer
        device.is_deaf = False
        assert mount.status().position is not None
    finally:
        mount.close()


def test_a_profile_that_does_not_turn_or_does_not_exist_is_refused(device: OnvifDevice) -> None:
    mount = OnvifMount(OnvifAddress(device.url, "admin", "secret", profile="another"))
    with pytest.raises(MountUnavailableError, match=r"it has: \['still', 'main'\]"):
        mount.status()
    mount.close()


def test_nobody_there_is_told_at_once() -> None:
    mount = OnvifMount(OnvifAddress("http://127.0.0.1:9", timeout_s=2.0))
    with pytest.raises(MountUnavailableError, match=r"127\.0\.0\.1:9"):
        mount.status()
    mount.close()


@pytest.mark.parametrize("url", ["rtsp://a", "http://", "http://u:p@a", "http://a/other"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue):
        OnvifAddress(url)


@pytest.mark.parametrize("is_multicast", [False, True], ids=["to one device", "to the group, on loopback"])
def test_devices_are_found_and_what_else_answers_is_passed_over(*, is_multicast: bool) -> None:
    with Answerer("http://127.0.0.1:8000/onvif/device_service", is_multicast=is_multicast) as answerer:
        group = "239.255.255.250" if is_multicast else "127.0.0.1"
        found = discover(0.5, "127.0.0.1", (group, answerer.port))
    assert [(device.address, device.name, device.hardware, device.turns) for device in found] == [
        ("http://127.0.0.1:8000/onvif/device_service", "Drawn PTZ", "PTZ-1", True)
    ]
    assert b"NetworkVideoTransmitter" in answerer.questions[0]


def test_a_network_that_cannot_be_asked_is_told() -> None:
    with pytest.raises(MountUnavailableError, match="cannot be asked"):
        discover(0.1, "192.0.2.1")


def test_a_technician_gets_settings_that_can_be_loaded_once_the_angles_are_measured(
    device: OnvifDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAMERA_DOME", "secret")
    account = ["--username", "admin", "--password-env", "CAMERA_DOME"]
    assert main(["onvif", "presets", "--url", device.url, *account]) == 0
    printed = capsys.readouterr().out
    assert "it stands at pan = 0.0000" in printed
    config = tmp_path / "edge.toml"
    camera = f'[tower]\nid = "a"\n[[camera]]\nid = "dome"\nusername = "admin"\npassword_env = "CAMERA_DOME"\n{printed}'
    config.write_text(camera, encoding="utf-8")
    poses = load_settings(config).camera[0].poses
    assert [(pose.id, pose.preset) for pose in poses] == [("north", "North"), ("preset-2", "东山")]
    assert main(["onvif", "presets", "--config", str(config), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["presets"][1]["position"] == {"pan": 0.5, "tilt": 0.0, "zoom": 0.2}
    assert main(["onvif", "presets", "--config", str(config), "--camera", "north"]) == 1
    assert "there are: dome" in capsys.readouterr().err
    assert main(["onvif", "presets"]) == 1
    assert "--url" in capsys.readouterr().err


def test_the_doctor_names_a_preset_that_the_camera_lacks(
    device: OnvifDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_DOME", "secret")
    config = tmp_path / "edge.toml"
    pose = '[[camera.poses]]\nid = "{0}"\npreset = "{1}"\nazimuth_deg = 0.0\nhfov_deg = 50.0\n'
    text = (
        f'[tower]\nid = "a"\n[[camera]]\nid = "dome"\nkind = "snapshot"\nurl = "{device.url}/snapshot.jpg"\n'
        f'username = "admin"\npassword_env = "CAMERA_DOME"\n[camera.mount]\nurl = "{device.url}"\n'
    )
    config.write_text(text + pose.format("north", "North"), encoding="utf-8")
    camera = load_settings(config).camera[0]
    assert camera.mount is not None
    # A device tells its clock in whole seconds.
    assert re.fullmatch(
        r"stands at pan 0\.000, 1 poses, its clock [+-][01] s from ours", doctor._mount(camera, camera.mount)
    )
    config.write_text(text + pose.format("north", "North") + pose.format("west", "West"), encoding="utf-8")
    camera = load_settings(config).camera[0]
    with pytest.raises(ConfigError, match="no preset West"):
        doctor._mount(camera, camera.mount)


def test_no_device_on_the_network_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["onvif", "discover", "--interface", "127.0.0.1", "--timeout-s", "0.1"]) == 1
    assert "no ONVIF device answered" in capsys.readouterr().out


def test_it_speaks_and_ends_in_a_thread_in_which_another_loop_runs() -> None:
    loop = OwnLoop("of a test")

    async def asks_meanwhile() -> int:
        try:
            return loop.run(asyncio.sleep(0.0, 7))
        finally:
            loop.close()

    # In a thread of its own: in pytest's a loop may run already, that of the browser's tests.
    with ThreadPoolExecutor(1) as another:
        assert another.submit(lambda: asyncio.run(asks_meanwhile())).result(10.0) == 7
    loop.close()
    assert "of a test" not in {thread.name for thread in threading.enumerate()}
