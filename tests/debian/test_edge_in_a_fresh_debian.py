"""The node's package in a fresh Debian 12 without a network: installed, used, upgraded, removed, purged.

`make deb-test`: it needs root, debootstrap, lintian and a Debian mirror, and some minutes. FIREWATCH_DEBIAN_BASE
names a root made before (`debootstrap --variant=minbase --include=... bookworm DIR`), to spare that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from edge_package import build_deb

if TYPE_CHECKING:
    from collections.abc import Iterator

MIRROR = os.environ.get("FIREWATCH_DEBIAN_MIRROR", "http://deb.debian.org/debian")
ALREADY = os.environ.get("FIREWATCH_DEBIAN_BASE")
INCLUDE = "python3,adduser,libstdc++6,systemd"
HOME = Path("usr/lib/firewatch-edge")
SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "folder"
path = "/srv/frames"
period_s = 60.0
password_env = "CAMERA_NORTH_PASSWORD"
username = "viewer"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[mqtt]
port = 9
"""
# What of a tower must outlive an upgrade: settings, secrets, identity, sightings.
OF_THE_TOWER = {
    "etc/firewatch/edge.toml": SETTINGS,
    "etc/firewatch/edge.env": "CAMERA_NORTH_PASSWORD=not told\n",
    "etc/firewatch/tls/tower.pem": "the key",
    "var/lib/firewatch-edge/outbox.sqlite": "sightings",
    "etc/firewatch/edge.toml.example": "changed by a technician",
}

pytestmark = [pytest.mark.debian, pytest.mark.timeout(3600)]


@dataclass(frozen=True, slots=True)
class System:
    """A Debian in a folder."""

    root: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, with its own /proc and /sys and no network."""
        inside = 'mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" && exec chroot "$0" "$@"'
        enter = ["unshare", "--net", "--mount", "--pid", "--fork", "sh", "-c", inside, str(self.root)]
        surroundings = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        return subprocess.run(
            [*enter, *command], env=surroundings, capture_output=True, text=True, check=False, timeout=900
        )

    def succeed(self, *command: str) -> str:
        """Return what a command said; fail if it failed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def install(self, deb: Path) -> str:
        """Install or upgrade."""
        shutil.copy(deb, self.root / "srv" / "node.deb")
        said = self.succeed("dpkg", "--install", "/srv/node.deb")
        (self.root / "srv" / "node.deb").unlink()
        return said

    def owner(self, path: str) -> str:
        """Return account, group and mode of a file."""
        return self.succeed("stat", "--format=%U:%G %a", f"/{path}").strip()


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("deb")
    yield build_deb(folder, "--arch", "amd64")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a frame of haze and hills, and one with a grey column over them."""
    folder = tmp_path_factory.mktemp("frames")
    rows, columns = np.mgrid[0:720, 0:1280]
    haze = np.where(rows > 400 + 40 * np.sin(columns / 150), 70, 200 - rows / 8)
    grain = np.random.default_rng(0).normal(0, 3, (720, 1280))
    height = np.maximum(420 - rows, 0)
    column = 60 * np.exp(-(((columns - 640 - height / 3) / (15 + height / 8)) ** 2)) * (height > 0)
    for name, grey in (("+00000.png", haze + grain), ("+00060.png", haze + column + grain)):
        assert cv2.imwrite(str(folder / name), np.clip(grey, 0, 255).astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def system(deb: Path, frames: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a Debian in which the package is installed, and a tower set up."""
    for needed in ("debootstrap", "unshare"):
        if shutil.which(needed) is None:
            pytest.skip(f"no {needed}: apt-get install debootstrap util-linux")
    if os.geteuid() != 0:
        pytest.skip("a root of Debian is made by root")
    root = tmp_path_factory.mktemp("debian") / "root"
    if ALREADY:
        subprocess.run(["cp", "--archive", ALREADY, root], check=True)
    else:
        command = ["debootstrap", "--variant=minbase", f"--include={INCLUDE}", "bookworm", root, MIRROR]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    system = System(root)
    assert "next: firewatch-edge init --config /etc/firewatch/edge.toml" in system.install(deb)
    shutil.copytree(frames, root / "srv" / "frames")
    (root / "srv" / "frames").chmod(0o755)
    (root / "etc/firewatch/edge.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "etc/firewatch/edge.env").write_text(OF_THE_TOWER["etc/firewatch/edge.env"], encoding="utf-8")
    yield system
    shutil.rmtree(root)


# First of all: the folder must not change between the two builds, and what follows takes minutes.
def test_two_builds_of_one_commit_are_the_same(deb: Path, tmp_path: Path) -> None:
    again = build_deb(tmp_path, "--arch", "amd64")
    assert again.name == deb.name
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (again, deb)}
    assert len(digests) == 1


def test_the_program_says_its_version(system: System) -> None:
    assert system.succeed("firewatch-edge", "--version") == "firewatch-edge 0.1.0\n"


def test_nothing_but_the_packages_own_python_and_libraries_is_used(system: System) -> None:
    look = "import sys, numpy, cv2, onnxruntime, onvif; print(sys.version_info[:2], numpy.__file__, sys.path)"
    said = system.succeed("/usr/lib/firewatch-edge/bin/python3", "-I", "-c", look)
    assert said.startswith(f"(3, 11) /{HOME}/lib/python3.11/site-packages/numpy/")
    assert "dist-packages" not in said


def test_folders_and_secrets_are_the_services_and_roots(system: System) -> None:
    assert system.owner("var/lib/firewatch-edge") == "firewatch-edge:firewatch-edge 700"
    assert system.owner("etc/firewatch") == "root:firewatch-edge 771"
    assert system.owner("etc/firewatch/edge.env") == "root:root 600"
    assert "/usr/sbin/nologin" in system.succeed("getent", "passwd", "firewatch-edge")


def test_the_units_have_no_fault_and_start_with_the_machine(system: System) -> None:
    done = system.run("systemd-analyze", "verify", "firewatch-edge.service", "firewatch-edge-renew.timer")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for unit in ("firewatch-edge.service", "firewatch-edge-renew.timer"):
        assert system.succeed("systemctl", "is-enabled", unit) == "enabled\n"


def test_root_checks_the_settings_with_the_secrets_of_the_service(system: System) -> None:
    told = json.loads(system.succeed("firewatch-edge", "check-config", "--config", "/etc/firewatch/edge.toml"))
    assert told["tower"]["id"] == "a"
    assert "not told" not in json.dumps(told)


def test_doctor_is_content_but_for_the_broker_and_leaves_no_file_of_roots(system: System) -> None:
    done = system.run("firewatch-edge", "doctor", "--json", "--config", "/etc/firewatch/edge.toml")
    found = {row["part"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert {"model", "camera north", "broker", "disk", "clock"} <= set(found), done.stderr
    unwell = {part: row["words"] for part, row in found.items() if not row["ok"]}
    assert "broker" in unwell
    assert not {"model", "camera north"} & set(unwell), unwell
    assert "/etc/firewatch/var" in found["disk"]["words"], found["disk"]
    assert system.succeed("find", "/var/lib/firewatch-edge", "!", "-user", "firewatch-edge") == ""


def test_what_root_writes_by_a_command_the_service_can_read(system: System) -> None:
    system.succeed("firewatch-edge", "maintenance", "start", "--config", "/etc/firewatch/edge.toml")
    written = system.succeed("find", "/var/lib/firewatch-edge", "-type", "f").split()
    assert written
    assert {system.owner(path.lstrip("/")) for path in written} == {"firewatch-edge:firewatch-edge 600"}
    system.succeed("firewatch-edge", "maintenance", "end", "--config", "/etc/firewatch/edge.toml")


def test_the_shipped_model_says_in_there_what_it_says_here(system: System, frames: Path) -> None:
    inside = system.succeed("firewatch-edge", "replay", "--json", "--threads", "1", "/srv/frames")
    command = [sys.executable, "-m", "firewatch_edge", "replay", "--json", "--threads", "1", frames]
    here = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [[json.loads(line) for line in text.splitlines()] for text in (inside, here)]
    assert [len(each) for each in rows] == [3, 3]
    for one, other in zip(*rows, strict=True):
        assert one.get("score", 0.0) == pytest.approx(other.get("score", 0.0), abs=1e-4)
        assert one.keys() == other.keys()
    assert rows[0][-1]["sightings"] == rows[1][-1]["sightings"]


def test_an_upgrade_keeps_the_tower_removal_too_and_a_purge_leaves_nothing(
    system: System, tmp_path: Path, deb: Path
) -> None:
    newer = build_deb(tmp_path, "--arch", "amd64", "--revision", "2")
    for name, text in OF_THE_TOWER.items():
        (system.root / name).parent.mkdir(exist_ok=True)
        (system.root / name).write_text(text, encoding="utf-8")
    (system.root / "etc/firewatch/central.toml").write_text("the centre's", encoding="utf-8")
    system.succeed("chown", "-R", "firewatch-edge:firewatch-edge", "/etc/firewatch/tls", "/etc/firewatch/edge.toml")
    owners = {name: system.owner(name) for name in OF_THE_TOWER}

    for step in ("upgrade", "remove", "install again"):
        if step == "remove":
            system.succeed("dpkg", "--remove", "firewatch-edge")
            assert not (system.root / HOME).exists()
            assert not (system.root / "usr/bin/firewatch-edge").exists()
        else:
            system.install(newer if step == "upgrade" else deb)
            assert system.succeed("firewatch-edge", "--version")
        kept = {name: (system.root / name).read_text("utf-8") for name in OF_THE_TOWER}
        assert kept == OF_THE_TOWER, step
        assert {name: system.owner(name) for name in OF_THE_TOWER} == owners, step
        assert (system.run("systemctl", "is-enabled", "firewatch-edge").returncode == 0) is (step != "remove")

    system.succeed("dpkg", "--purge", "firewatch-edge")
    left = system.succeed("find", "/etc", "/var/lib", "/usr", "/lib", "-xdev", "-name", "*firewatch*").split()
    # dpkg's own word that it was purged apart, only the folder with the centre's file is left.
    assert [path for path in left if "/systemd/deb-systemd-helper" not in path] == ["/etc/firewatch"]
    assert [path.name for path in (system.root / "etc/firewatch").iterdir()] == ["central.toml"]


@pytest.mark.parametrize(("release", "architecture"), [(12, "arm64"), (13, "amd64"), (13, "arm64")])
def test_the_other_packages_are_built_here_too(release: int, architecture: str, tmp_path: Path) -> None:
    """They are put together of fitting parts; what is in them has not been run."""
    path = build_deb(tmp_path, "--release", str(release), "--arch", architecture)
    assert path.name == f"firewatch-edge_0.1.0-1~deb{release}_{architecture}.deb"


def test_lintian_has_no_error_to_tell(deb: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("no lintian: apt-get install lintian")
    # The package that is given out is packed; this one is not.
    unpacked = "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball"
    command = ["lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", unpacked, deb]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
