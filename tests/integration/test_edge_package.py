"""The Debian package of a tower's node, looked at without installing it; tests/debian installs it."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from edge_package import ROOT, build_deb, import_scripts

from firewatch_edge.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PARTS = ROOT / "edge" / "debian"
HOME = "usr/lib/firewatch-edge"
SITE = f"{HOME}/lib/python3.11/site-packages"
SCRIPTS = ("postinst", "prerm", "postrm")

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("no dpkg-deb: apt-get install dpkg")
    folder = tmp_path_factory.mktemp("deb")
    yield build_deb(folder, "--arch", "amd64")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def unpacked(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder that holds the package's files, with DEBIAN/ for its control files."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, folder], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def launcher() -> ModuleType:
    spec = importlib.util.spec_from_file_location("launcher", PARTS / "firewatch_edge_launcher.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def field(deb: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "--field", deb, name], capture_output=True, text=True, check=True).stdout.strip()


def test_the_package_says_what_it_is_and_what_it_needs(deb: Path) -> None:
    assert deb.name == "firewatch-edge_0.1.0-1~deb12_amd64.deb"
    assert [field(deb, name) for name in ("Package", "Version", "Architecture")] == [
        "firewatch-edge",
        "0.1.0-1~deb12",
        "amd64",
    ]
    needs = field(deb, "Depends").split(", ")
    assert {"python3.11", "python3", "adduser", "libstdc++6", "libgcc-s1", "zlib1g"} < set(needs)
    # Symbols of the newest C library that any of its libraries asks for; Debian 12 has 2.36.
    assert re.fullmatch(r"libc6 \(>= 2\.(2[0-9]|3[0-6])\)", next(need for need in needs if need.startswith("libc6")))
    # At most what a tower's card has room for.
    assert 100_000 < int(field(deb, "Installed-Size")) < 600_000


def test_nothing_in_it_is_anyones_but_roots_or_may_be_written_by_others(deb: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=5) for line in listed.splitlines()]
    assert len(rows) > 1000
    assert {row[1] for row in rows} == {"root/root"}
    assert {row[0] for row in rows} == {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"}
    assert [row[5] for row in rows if row[0] == "-rwxr-xr-x"] == ["./usr/bin/firewatch-edge"]
    tops = {"/".join(row[5].split("/")[1:3]) for row in rows}
    assert tops <= {"", "etc/", "etc/firewatch", "lib/", "lib/systemd", "usr/", "usr/bin", "usr/lib", "usr/share"}


def test_settings_of_a_tower_are_never_the_packages(unpacked: Path) -> None:
    example, kept = sorted((unpacked / "etc/firewatch").iterdir())
    assert [path.name for path in (unpacked / "etc").iterdir()] == ["firewatch"]
    assert (example.name, kept.name) == ("edge.toml.example", "var")
    assert (unpacked / "DEBIAN/conffiles").read_text() == "/etc/firewatch/edge.toml.example\n"
    assert example.read_text("utf-8") == (ROOT / "configs/edge.toml").read_text("utf-8")
    assert kept.readlink() == Path("/var/lib/firewatch-edge")


def test_it_carries_the_program_the_model_and_the_units_as_they_are_here(unpacked: Path) -> None:
    for name in ("smoke.onnx", "verify.onnx", "model.toml"):
        assert (unpacked / SITE / "firewatch_edge/model" / name).read_bytes() == (
            ROOT / "models/smoke" / name
        ).read_bytes()
    for unit in (ROOT / "edge").glob("firewatch-edge*.[st]*"):
        assert (unpacked / "lib/systemd/system" / unit.name).read_text() == unit.read_text()
    assert len(list((unpacked / "lib/systemd/system").iterdir())) == 3
    assert (unpacked / HOME / "bin/python3").readlink() == Path("../../../bin/python3.11")
    assert (unpacked / SITE / "onvif").is_dir(), "a camera that turns needs no network after the installation"
    assert not (unpacked / SITE / "av").exists(), "PyAV's wheel has GPL parts"
    assert not (unpacked / SITE / "firewatch/web/static").exists()
    assert not list(unpacked.rglob("*.pyc"))


def test_its_sums_are_those_of_its_files(unpacked: Path) -> None:
    rows = (line.split("  ", 1) for line in (unpacked / "DEBIAN/md5sums").read_text().splitlines())
    told = {name: digest for digest, name in rows}
    files = {p for top in ("usr", "lib") for p in (unpacked / top).rglob("*") if p.is_file() and not p.is_symlink()}
    assert set(told) == {str(path.relative_to(unpacked)) for path in files}
    some = [name for name in told if not name.startswith(SITE) or "/firewatch" in name]
    assert not [n for n in some if hashlib.md5((unpacked / n).read_bytes()).hexdigest() != told[n]]  # noqa: S324 - dpkg's


def test_no_path_of_the_builder_is_in_it(unpacked: Path) -> None:
    ours = [*(unpacked / "DEBIAN").iterdir(), unpacked / "usr/bin/firewatch-edge", *(unpacked / HOME).glob("*.cfg")]
    records = [*(unpacked / SITE).glob("firewatch*.dist-info/*"), *(unpacked / SITE).glob("*.pth")]
    texts = {path: path.read_text("utf-8") for path in [*ours, *records] if path.is_file()}
    assert len(texts) > 10
    assert not [path for path, text in texts.items() if str(ROOT) in text or sys.prefix in text]
    assert not list((unpacked / SITE).glob("*.dist-info/direct_url.json"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_of_the_package_are_sound_shell(unpacked: Path, name: str) -> None:
    script = unpacked / "DEBIAN" / name
    assert not re.search(r"@[A-Z]+@", script.read_text()), "a mark was left"
    assert "\nset -e\n" in script.read_text()
    subprocess.run(["sh", "-n", script], check=True)
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck: apt-get install shellcheck")
    done = subprocess.run(["shellcheck", "--shell=sh", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_licence_that_would_bind_the_tower_is_carried(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_scripts(monkeypatch)
    from edge_wheels import distributions

    found = distributions(unpacked / SITE)
    assert {"firewatch", "firewatch-edge", "numpy", "onnxruntime"} < {each.name for each in found}
    assert not [each for each in found if re.search(r"(?<!L)GPL", each.licence)]
    copyrights = (unpacked / "usr/share/doc/firewatch-edge/copyright").read_text("utf-8")
    assert not [each.name for each in found if f" {each.name} {each.version}: " not in copyrights]


def test_a_package_that_does_not_fit_its_tower_is_refused(deb: Path, unpacked: Path, monkeypatch: Any) -> None:
    """The libraries of amd64 fit Debian 12 on amd64; of an arm64 tower, or an older C library, each is told."""
    import_scripts(monkeypatch)
    from edge_wheels import RELEASES, Release, Target, libraries, misfits

    found = libraries(unpacked / SITE)
    assert len(found) > 30
    assert misfits(found, Target(RELEASES[12], "amd64")) == []
    elsewhere = misfits(found, Target(RELEASES[12], "arm64"))
    assert len([words for words in elsewhere if words.endswith("is for amd64")]) == len(found)
    assert [words for words in elsewhere if words.endswith("wants pages of at most 4096 bytes")]
    old = misfits(found, Target(Release(8, "3.11", (2, 4), (3, 4, 9)), "amd64"))
    assert [words for words in old if "needs GLIBC 2." in words]
    assert [words for words in old if "needs GLIBCXX 3.4." in words]
    del found[next(name for name in found if "openblas" in name)]
    assert [words for words in misfits(found, Target(RELEASES[12], "amd64")) if "openblas" in words]


def test_the_program_says_the_version_that_the_package_has(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == "firewatch-edge 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "is_the_towers"),
    [
        (["run", "--config", "/etc/firewatch/edge.toml"], True),
        (["init", "--config=/etc/firewatch/edge.toml"], True),
        (["doctor", "--config", "/etc/firewatch/../firewatch/edge.toml"], True),
        (["doctor", "--config", "/etc/firewatch-old/edge.toml"], False),
        (["detect", "/srv/picture.jpg"], False),
        ([], False),
    ],
)
def test_a_command_upon_the_towers_settings_is_known_by_its_paths(
    launcher: Any, arguments: list[str], *, is_the_towers: bool
) -> None:
    assert launcher.concerns_the_tower(arguments) is is_the_towers


def test_secrets_are_read_as_systemd_reads_them(launcher: Any) -> None:
    text = "# none = 1\n; nor=this\n\nNORTH=a=b c\nSOUTH = 'quoted # word'\nEAST=\"x\"\nodd\n"
    assert launcher.read_secrets(text) == {"NORTH": "a=b c", "SOUTH": "quoted # word", "EAST": "x"}
