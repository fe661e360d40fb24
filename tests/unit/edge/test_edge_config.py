"""The node's settings: strict, in absolute paths, without secrets."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from firewatch.errors import ConfigError
from firewatch_edge.config import effective_settings, load_settings
from firewatch_edge.node import source_opener

EXAMPLE = Path(__file__).parents[3] / "configs" / "edge.toml"
LEAST = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://10.0.0.1/s.jpg"
[camera.pose]
azimuth_deg = 350.0
hfov_deg = 60.0
"""


def load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_the_shipped_example_is_valid() -> None:
    settings = load_settings(EXAMPLE)
    assert settings.tower_id == "yunfeng"
    assert settings.outbox.path == str(EXAMPLE.parent.resolve() / "var" / "outbox.sqlite")


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    shown, least = load_settings(EXAMPLE), load(tmp_path, LEAST)
    for section in ("model", "confirmation", "vitals", "mqtt", "ledger"):
        assert getattr(shown, section) == getattr(least, section)


def test_few_settings_are_needed(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST)
    assert settings.camera[0].period_s == 10.0
    assert settings.calibration_of(settings.camera[0]).calibration_id == "a/north/main"
    assert settings.mqtt_settings({}).client_id == "firewatch-a"


@pytest.mark.parametrize(
    ("old", "new", "key", "why"),
    [
        ('kind = "snapshot"', 'kind = "snapshot"\nperiod = 5', "camera[0].period", "did you mean 'period_s'"),
        ("azimuth_deg = 350.0", "azimuth = 350.0", "camera[0].pose.azimuth", "did you mean 'azimuth_deg'"),
        ('id = "a"', "", "tower.id", "missing required field"),
        ("azimuth_deg = 350.0", "azimuth_deg = 360.0", "camera[0].pose.azimuth_deg", "< 360.0"),
        ("azimuth_deg = 350.0", 'azimuth_deg = "north"', "camera[0].pose.azimuth_deg", "Expected `float`"),
        ('kind = "snapshot"', 'kind = "onvif"', "camera[0].kind", "Invalid enum value"),
        ('id = "north"', 'id = "North Side"', "camera[0].id", "matching regex"),
        ("http://10.0.0.1/s.jpg", "rtsp://10.0.0.1/s", "camera[0].url", "does not begin http:// or https://"),
        ("http://10.0.0.1/s.jpg", "http:///s.jpg", "camera[0].url", "with a host"),
        ("http://10.0.0.1/s.jpg", "http://me:secret@10.0.0.1/", "camera[0].url", "use username and password_env"),
        ('url = "http://10.0.0.1/s.jpg"', "", "camera[0].url", "a snapshot needs it"),
        ('kind = "snapshot"', 'kind = "snapshot"\npath = "x"', "camera[0].path", "a snapshot has none"),
        ('kind = "snapshot"', 'kind = "folder"', "camera[0].path", "a folder needs it"),
        ("[tower]", "[tower", "file", "no TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_the_reason(tmp_path: Path, old: str, new: str, key: str, why: str) -> None:
    assert old in LEAST
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, LEAST.replace(old, new, 1))
    assert caught.value.key == key
    assert why in caught.value.why
    assert caught.value.source == str(tmp_path / "edge.toml")


MASK = """
[[camera.pose.mask]]
name = "烟囱"
reason = "cement works, steams all year"
polygon = [[0.45, 0.44], [0.50, 0.44], [0.50, 0.52], [0.45, 0.52]]
until = 2027-01-31
"""


def test_masks_place_and_danger_are_read(tmp_path: Path) -> None:
    text = LEAST.replace("[tower]", "[tower]\nlat_deg = 26.9\nlon_deg = 112.6", 1)
    settings = load(tmp_path, text + "threshold = 0.4" + MASK + "[danger]\nlowest = 0.3\n")
    (pose,) = (camera.pose for camera in settings.camera)
    mask = pose.mask[0].mask()
    assert (mask.name, mask.until, len(mask.polygon.points)) == ("烟囱", date(2027, 1, 31), 4)
    assert (pose.threshold, settings.tower.lat_deg, settings.danger.shift().lowest) == (0.4, 26.9, 0.3)
    assert "2027-01-31" in json.dumps(effective_settings(settings))


@pytest.mark.parametrize(
    ("old", "new", "key", "why"),
    [
        ("[0.50, 0.52], [0.45, 0.52]]", "]", "camera[0].pose.mask[0]", "3 to 64 points"),
        ("[0.50, 0.44], [0.50, 0.52]", "[0.50, 0.52], [0.50, 0.44]", "camera[0].pose.mask[0]", "cross or touch"),
        ("[0.50, 0.44]", "[50, 44]", "camera[0].pose.mask[0]", "0 to 1: shares of the picture"),
        ('reason = "cement works, steams all year"', "", "camera[0].pose.mask[0].reason", "missing required"),
        ("until = 2027-01-31", 'until = "soon"', "camera[0].pose.mask[0].until", "date"),
        ("[tower]", "[tower]\nlat_deg = 26.9", "tower.lon_deg", "come together"),
        ("[tower]", "[tower]\nlon_deg = 112.6", "tower.lat_deg", "come together"),
        ("[tower]", "[danger]\nodds = [1.0, 1.0, 1.0, 1.0, 1.5]\n[tower]", "danger", "none larger"),
    ],
)
def test_a_wrong_way_of_looking_is_named_with_the_reason(
    tmp_path: Path, old: str, new: str, key: str, why: str
) -> None:
    assert old in LEAST + MASK
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, (LEAST + MASK).replace(old, new, 1))
    assert caught.value.key == key
    assert why in caught.value.why


def test_a_name_for_two_cameras_is_refused(tmp_path: Path) -> None:
    camera = LEAST[LEAST.index("[[camera]]") :]
    with pytest.raises(ConfigError, match="names two cameras"):
        load(tmp_path, LEAST + camera)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config"):
        load_settings(tmp_path / "none.toml")


def test_secrets_come_from_the_environment_only(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST + '[mqtt]\nusername = "a"\npassword_env = "BROKER_PASSWORD"\n')
    assert settings.mqtt_settings({"BROKER_PASSWORD": "s3cret"}).password == "s3cret"  # noqa: S105 - made up here
    with pytest.raises(ConfigError, match="BROKER_PASSWORD is not set"):
        settings.mqtt_settings({})
    shown = json.dumps(effective_settings(settings, {"BROKER_PASSWORD": "s3cret"}))
    assert "BROKER_PASSWORD (set)" in shown
    assert "s3cret" not in shown
    assert "NOT SET" in json.dumps(effective_settings(settings, {}))


def test_a_camera_without_its_password_is_refused_at_the_start(tmp_path: Path) -> None:
    text = LEAST.replace('kind = "snapshot"', 'kind = "snapshot"\nusername = "u"\npassword_env = "NORTH_PASSWORD"')
    settings = load(tmp_path, text)
    with pytest.raises(ConfigError, match="NORTH_PASSWORD"):
        source_opener(settings.camera[0], {})
    assert source_opener(settings.camera[0], {"NORTH_PASSWORD": "x"})


def test_tls_files_start_from_the_settings_folder(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST + '[mqtt.tls]\nca_file = "ca.pem"\n')
    assert settings.mqtt.tls.ca_file == str(tmp_path / "ca.pem")
    assert settings.mqtt.tls.key_file == ""
