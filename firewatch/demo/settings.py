"""The settings files that the demo's programs run on: the same that an operator would write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.adapters.sites_geojson import write_sites
from firewatch.demo.world import CAMERA

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.adapters.broker import BrokerAccount
    from firewatch.demo.phone import PhoneSink
    from firewatch.domain.sites import SiteMap, Tower

__all__ = ["Address", "NodePlan", "write_central", "write_node"]


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What a node's settings are made of.

    Parameters
    ----------
    tower : Tower
        Where it stands; its one camera.
    snapshot_url : str
        The camera.
    period_s : float
        Between frames [s].
    broker : Address
        Where it sends.
    account : BrokerAccount
        As whom; the password travels in the environment.
    model : str
        Folder of the detector; empty for the shipped one.
    speed : float
        Scene seconds in a second.
    """

    tower: Tower
    snapshot_url: str
    period_s: float
    broker: Address
    account: BrokerAccount
    model: str
    speed: float = 1.0


def write_central(
    folder: Path, sites: SiteMap, phones: PhoneSink, broker: Address, web_port: int, *, has_terrain: bool = False
) -> Path:
    """Write the central service's settings, sites and roster; return the settings file."""
    terrain = '\n[terrain]\nfolder = "terrain"\n' if has_terrain else ""
    write_sites(sites, folder / "sites.geojson")
    people = (("duty-1", "值班员", "officer"), ("ranger-1", "护林员", "ranger"))
    roster = "".join(
        f'[[people]]\nid = "{person}"\nname = "{name}"\nrole = "{role}"\nchannels = ["{phones.channel(person)}"]\n\n'
        for person, name, role in people
    )
    (folder / "roster.toml").write_text(roster, encoding="utf-8")
    path = folder / "central.toml"
    path.write_text(
        f"""[centre]
name = "示意演示"
name_en = "Demo"
sites = "sites.geojson"
roster = "roster.toml"

[web]
host = "127.0.0.1"
port = {web_port}

[store]
url = "sqlite:///firewatch.db"
evidence = "evidence"

[mqtt]
host = "{broker.host}"
port = {broker.port}
username = "central"
client_id = "firewatch-central"

[alerting]
first_retry_s = 1.0
{terrain}""",
        encoding="utf-8",
    )
    return path


_NODE = """\
[tower]
id = "{tower}"

[model]
path = {model}
threads = 1

[confirmation]
speed = {speed:g}

[outbox]
path = "{tower}-outbox.sqlite"

[ledger]
path = "{tower}-ledger.jsonl"

[vitals]
every_s = 5.0

[mqtt]
host = "{host}"
port = {port}
username = "{username}"
password_env = "FIREWATCH_NODE_PASSWORD"

[[camera]]
id = "{camera}"
kind = "snapshot"
url = "{url}"
period_s = {period_s:g}
timeout_s = 8.0

[camera.pose]
id = "{pose}"
calibration_id = "{calibration}"
azimuth_deg = {azimuth_deg:g}
tilt_deg = {tilt_deg:g}
hfov_deg = {hfov_deg:g}
sigma_deg = {sigma_deg:g}
"""


def write_node(folder: Path, plan: NodePlan) -> Path:
    """Write a node's settings; return the file."""
    pose = plan.tower.camera(CAMERA).poses[0]
    calibration = pose.calibration
    text = _NODE.format(
        tower=plan.tower.tower_id,
        # A folder's name may hold what TOML would read as its own; JSON's strings are TOML's.
        model=json.dumps(plan.model, ensure_ascii=False),
        host=plan.broker.host,
        port=plan.broker.port,
        username=plan.account.username,
        camera=CAMERA,
        url=plan.snapshot_url,
        period_s=plan.period_s,
        speed=plan.speed,
        pose=pose.pose_id,
        calibration=calibration.calibration_id,
        azimuth_deg=calibration.azimuth_deg,
        tilt_deg=calibration.tilt_deg,
        hfov_deg=calibration.hfov_deg,
        sigma_deg=calibration.sigma_deg,
    )
    path = folder / f"{plan.tower.tower_id}.toml"
    path.write_text(text, encoding="utf-8")
    return path
