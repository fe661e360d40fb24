"""What exists is documented, with the defaults that it has; what is shipped as an example can be read."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firewatch import errors
from firewatch.adapters.roster_toml import FileRoster
from firewatch.adapters.sites_geojson import read_sites
from firewatch.cli import main
from firewatch.config import CentralConfig, read_config
from firewatch.wire.topics import ALL_OF
from firewatch_edge.cli import main as edge_main
from firewatch_edge.config import load_settings
from firewatch_edge.config.sections import EdgeSettings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \|", re.MULTILINE)
# Documented by what it means: the value is in another file, or there is none.
IN_WORDS = {"the model's", "none"}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def keys_of(kind: Any, prefix: str = "") -> dict[str, object]:
    """Return every key below a settings struct with its default; `msgspec.NODEFAULT` for one that is needed."""
    keys: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        below = struct_in(field.type)
        name = f"{prefix}{field.name}"
        if below is not None:
            keys |= keys_of(below, f"{name}.")
        else:
            keys[name] = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    return keys


def struct_in(kind: Any) -> Any:
    """Return the struct in an annotation, also within an optional or a tuple."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    return next((found for part in getattr(kind, "__args__", ()) if (found := struct_in(part))), None)


def documented(part: str) -> dict[str, str]:
    centre, node = page("reference/configuration.md").split("## The node: edge.toml")
    return dict(ROW.findall(centre if part == "centre" else node))


@pytest.mark.parametrize(("part", "kind"), [("centre", CentralConfig), ("node", EdgeSettings)])
def test_every_setting_is_documented_with_its_default(part: str, kind: Any) -> None:
    told, keys = documented(part), keys_of(kind)
    assert not sorted(set(keys) - set(told)), "not documented"
    for key, default in keys.items():
        if told[key] not in IN_WORDS:
            wanted = "needed" if default is msgspec.NODEFAULT else f"`{json.dumps(default, ensure_ascii=False)}`"
            assert told[key] == wanted, key


@pytest.mark.parametrize(("part", "kind"), [("centre", CentralConfig), ("node", EdgeSettings)])
def test_no_setting_is_documented_that_does_not_exist(part: str, kind: Any) -> None:
    sections = {name.rpartition(".")[0] for name in keys_of(kind)}
    told = {name for name in documented(part) if "." in name}
    assert not sorted(told - set(keys_of(kind)) - sections)


def test_every_error_is_documented() -> None:
    text = page("reference/errors.md")
    assert not [name for name in errors.__all__ if f"`{name}`" not in text]


def test_every_topic_is_documented() -> None:
    text = page("reference/wire.md")
    patterns = [re.escape(each).replace(r"\+", r"\{[a-z]+\}") for each in ALL_OF.values()]
    assert not [pattern for pattern in patterns if not re.search(f"`{pattern}`", text)]


def test_every_schema_is_documented() -> None:
    text = page("reference/wire.md")
    assert not [path.name for path in (DOCS / "schemas" / "v1").iterdir() if f"`{path.name}`" not in text]


def options_of(parser: argparse.ArgumentParser, name: str) -> dict[str, list[str]]:
    """Return the long options and actions of every command below a parser."""
    found: dict[str, list[str]] = {name: []}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                found |= options_of(below, f"{name} {word}")
        elif action.help != argparse.SUPPRESS:
            found[name] += [o for o in action.option_strings if o.startswith("--") and o != "--help"]
    return found


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> dict[str, argparse.ArgumentParser]:
    """Return the programs' parsers, taken as they are about to read a command line."""
    taken: dict[str, argparse.ArgumentParser] = {}

    def take(self: argparse.ArgumentParser, *_: object) -> None:
        taken[self.prog] = self
        raise SystemExit(0)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", take)
    for program in (main, edge_main):
        with pytest.raises(SystemExit):
            program([])
    return taken


# Of a program to its child, never typed by a person.
NOT_FOR_PEOPLE = {"--child"}


def test_every_command_and_option_is_documented(parsers: dict[str, argparse.ArgumentParser]) -> None:
    text = page("reference/commands.md")
    missing = []
    for program, parser in parsers.items():
        for command, options in options_of(parser, program).items():
            named = re.sub(r"accounts (\w+)", r"accounts", command) if "accounts" in command else command
            if " " in named and named not in text:
                missing.append(command)
            missing += [f"{command} {o}" for o in options if o not in NOT_FOR_PEOPLE and o not in text]
    assert set(parsers) == {"firewatch", "firewatch-edge"}
    assert not missing


def test_every_noun_of_the_domain_is_in_the_glossary() -> None:
    text = page("glossary.md")
    nouns = "Tower Camera Pose Frame Detection Sighting Bearing Fix Incident Station Observation MoistureCodes"
    more = "FwiIndices DangerRating Alert NotifyReason Notification Acknowledgement Dispatch Shift Seat Hazard Resource"
    ours = "Drill Ray Mast Residual Rival Receipt Quarantine Backdrop Outbox Ledger Evidence Vitals Calibration Roster"
    assert not [
        noun for noun in f"{nouns} {more} {ours}".split() if not re.search(rf"^\| {noun}\b", text, re.MULTILINE)
    ]


def test_the_shipped_examples_are_read_by_the_real_readers(capsys: pytest.CaptureFixture[str]) -> None:
    configs = ROOT / "configs"
    sites = read_sites(configs / "sites.geojson")
    assert len(sites.towers) == 3
    assert sites.is_illustrative
    FileRoster(configs / "roster.toml")
    node = load_settings(configs / "edge.toml")
    tower = sites.tower(node.tower_id)
    assert tower is not None, "the example node stands on the example map"
    for camera in node.camera:
        pose = tower.camera(camera.camera_id).pose(camera.pose_id)
        assert pose.calibration == node.calibration_of(camera)
    assert main(["check-config", "--config", str(configs / "central.toml")]) == 0
    assert "3 towers" in capsys.readouterr().out


def test_the_example_of_the_centre_shows_every_key_with_its_default() -> None:
    text = (ROOT / "configs" / "central.toml").read_text(encoding="utf-8")
    shown = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    assert shown >= {key.rpartition(".")[2] for key in keys_of(CentralConfig)}
    read, default = read_config(ROOT / "configs" / "central.toml"), CentralConfig()
    assert (read.web, read.mqtt, read.danger, read.alerting) == (
        default.web,
        default.mqtt,
        default.danger,
        default.alerting,
    )


@pytest.mark.parametrize(
    "path", sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")]), ids=lambda p: str(p.relative_to(ROOT))
)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if "://" not in link and not (path.parent / link).exists()]
