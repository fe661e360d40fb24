"""Settings that cannot be used are refused with the file, the key and what is allowed; secrets are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firewatch.config import describe, read_config, read_secrets
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("[web]\nprot = 1\n", "web", "prot"),
        ("[wbe]\n", "(top level)", "wbe"),
        ('[web]\nport = "80"\n', "web.port", "int"),
        ("[web]\nport = 70000\n", "web.port", "65535"),
        ("[alerting]\nmost_tries = 0\n", "alerting.most_tries", "1"),
        ("[alerting]\nfirst_retry_s = 0.0\n", "alerting.first_retry_s", "0"),
        ('[mqtt]\nprotocol = "4"\n', "mqtt.protocol", "4"),
        ('[centre]\ntime_zone = "Mars/Olympus"\n', "centre.time_zone", "Mars/Olympus"),
        ('[centre]\ntime_zone = "Asia"\n', "centre.time_zone", "Asia"),
        ('[smtp]\nhost = "x"\n', "smtp", "sender"),
        ("[web\n", "(TOML)", "line 1"),
        ("[alerting]\nfirst_retry_ms = 2000\n", "alerting", "allowed are first_retry_s, longest_retry_s"),
        ("[wbe]\n", "(top level)", "allowed are centre, web, store"),
        (
            '[smtp]\nhost = "x"\nsender = "y"\nsecurity = "ssl"\n',
            "smtp.security",
            "'ssl'; allowed are 'none', 'starttls'",
        ),
        ('[smtp]\nhost = "x"\nsender = "y"\nport = 0\n', "smtp.port", ">= 1; given is 0"),
        ("[alerting]\nfirst_retry_s = nan\n", "alerting.first_retry_s", "given is nan"),
        ("[alerting]\nfirst_retry_s = inf\n", "alerting.first_retry_s", "given is inf"),
        (f"[web]\nport = {'9' * 400}\n", "web.port", "65535"),
        ("[web]\ntrusted_hosts = [1]\n", "web.trusted_hosts[0]", "got `int`"),
        ("[alerting]\nfirst_retry_s = 90\n", "alerting.longest_retry_s", "60 is shorter than first_retry_s, 90"),
        ('[web]\npublic_url = "fire.example.org"\n', "web.public_url", "https://fire.example.org"),
        ('[web]\npublic_url = "http://[::1"\n', "web.public_url", "https://fire.example.org"),
        ('[web]\npublic_url = "http://h:x"\n', "web.public_url", "https://fire.example.org"),
        ('[web]\npublic_url = "https://h/?next="\n', "web.public_url", "https://fire.example.org"),
        (
            '[danger]\nignition_calendar = "hubei"\n',
            "danger.ignition_calendar",
            '"hunan", a file whose name ends in .toml',
        ),
        (
            '[danger]\nignition_calendar = ""\noccurrence_model = "m.json"\n',
            "danger.occurrence_model",
            "set danger.ignition_calendar",
        ),
        ('[store]\nurl = "rubbish"\n', "store.url", "sqlite:///FILE"),
        ('[store]\nurl = "mysql://fw@db/firewatch"\n', "store.url", "postgresql+psycopg://"),
        ('[store]\nurl = "sqlite://"\n', "store.url", "sqlite:///FILE"),
        ('[store]\nurl = "sqlite:///:memory:"\n', "store.url", "sqlite:///FILE"),
        ('[store]\nurl = "sqlite:///x.db?mode=ro"\n', "store.url", "sqlite:///FILE"),
        ('[store]\nurl = "postgresql://db:port/x"\n', "store.url", "sqlite:///FILE"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, key: str, why: str) -> None:
    path = tmp_path / "central.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_config(path)
    assert refused.value.source == str(path)
    assert refused.value.key == key
    assert why in refused.value.why


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml.*cannot be read"):
        read_config(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe[\x00", "[centre]\nname = '衡阳'\n".encode("gbk"), bytes(range(256))])
def test_a_file_that_is_no_text_is_told_to_be_saved_as_utf_8(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "central.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"central\.toml: \(TOML\): byte \d+ is no text in UTF-8"):
        read_config(path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_config(tmp_path)


def test_what_an_editor_of_windows_writes_before_the_first_letter_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "central.toml"
    path.write_bytes(b"\xef\xbb\xbf[web]\r\nport = 8099\r\n")
    assert read_config(path).web.port == 8099


def test_no_password_is_shown_in_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "central.toml"
    path.write_text('[store]\nurl = "mysql://fw:hunter2@db/firewatch"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_config(path)
    assert "hunter2" not in str(refused.value)


def test_relative_paths_start_from_the_files_folder(tmp_path: Path) -> None:
    path = tmp_path / "central.toml"
    path.write_text('[store]\nurl = "sqlite:///var/x.db"\n[mqtt]\ntls_ca = "ca.pem"\n', encoding="utf-8")
    config = read_config(path)
    assert config.store.url == f"sqlite:///{tmp_path}/var/x.db"
    assert config.mqtt.tls_ca == f"{tmp_path}/ca.pem"
    assert config.centre.roster == f"{tmp_path}/roster.toml"
    path.write_text('[store]\nurl = "sqlite:////srv/x.db"\nevidence = "/srv/pictures"\n', encoding="utf-8")
    config = read_config(path)
    assert (config.store.url, config.store.evidence) == ("sqlite:////srv/x.db", "/srv/pictures")
    assert not config.mqtt.tls_ca


def test_every_setting_is_described_and_no_password(tmp_path: Path) -> None:
    path = tmp_path / "central.toml"
    path.write_text('[store]\nurl = "postgresql+psycopg://fw:hunter2@db/firewatch"\n', encoding="utf-8")
    told = describe(read_config(path))
    assert "hunter2" not in told
    assert "postgresql+psycopg://fw:***@db/firewatch" in told
    assert "web.port = 8080" in told
    assert "smtp = (none)" in told


def test_secrets_come_from_the_environment_and_show_nothing() -> None:
    secrets = read_secrets({"FIREWATCH_SECRET": "new-secret-of-16-,old-secret-of-16-", "FIREWATCH_MQTT_PASSWORD": "pw"})
    assert secrets.link_secrets == ("new-secret-of-16-", "old-secret-of-16-")
    assert secrets.mqtt_password == "pw"  # noqa: S105 - the test's own
    assert "secret" not in repr(secrets)


@pytest.mark.parametrize("given", ["", ",", "short", "long-enough-to-sign,short"])
def test_a_missing_or_short_secret_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="FIREWATCH_SECRET") as refused:
        read_secrets({"FIREWATCH_SECRET": given})
    assert "long-enough" not in str(refused.value)
