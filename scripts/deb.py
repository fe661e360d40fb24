"""Builds the Debian package of a tower's node: `make deb`, or with options `make deb DEB="--release 13 --arch arm64"`.

The package is a private Python environment in /usr/lib/firewatch-edge, made of the wheels in uv.lock, and so bound to
one release of Debian (its Python) and one processor. It is put together from data only: any machine with dpkg-deb and
uv builds it for any other. Two builds of one commit are the same, byte by byte.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge_wheels import ARCHITECTURES, EXTRAS, RELEASES, ROOT, Target, distributions, gather, libraries, misfits

NAME = "firewatch-edge"
PARTS = ROOT / "edge" / "debian"
HOME = "/usr/lib/firewatch-edge"
UNITS = ("firewatch-edge.service", "firewatch-edge-renew.service", "firewatch-edge-renew.timer")
CONFFILES = ("/etc/firewatch/edge.toml.example",)


@dataclass(frozen=True, slots=True)
class Build:
    """One package: for what, and how it is called."""

    target: Target
    revision: int
    maintainer: str
    at: datetime

    @property
    def version(self) -> str:
        """Upstream's version, this packaging's revision, the release: a later release's package counts as newer."""
        upstream = tomllib.loads((ROOT / "edge" / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        return f"{upstream}-{self.revision}~deb{self.target.release.number}"

    @property
    def site_packages(self) -> str:
        """Where the libraries lie, from the root."""
        return f"{HOME}/lib/python{self.target.release.python}/site-packages"

    def fill(self, name: str, **more: str) -> str:
        """Return a text of edge/debian with its marks replaced."""
        text = (PARTS / name).read_text(encoding="utf-8")
        marks = {"HOME": HOME, "PYTHON": self.target.release.python, "VERSION": self.version} | more
        for mark, value in marks.items():
            text = text.replace(f"@{mark}@", value)
        return text


def build(what: Build, out: Path, extras: tuple[str, ...], compression: list[str]) -> Path:
    """Build one package; return its path. Nothing appears under its name until it is whole."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        lay_out(what, root, extras)
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{NAME}_{what.version}_{what.target.architecture}.deb"
        part = path.with_suffix(".part")
        settings = {**os.environ, "SOURCE_DATE_EPOCH": str(int(what.at.timestamp()))}
        command = ["dpkg-deb", "--root-owner-group", *compression, "--build", str(root), str(part)]
        subprocess.run(command, check=True, env=settings, stdout=subprocess.DEVNULL)  # noqa: S603 - Debian's own tool
        part.replace(path)
    return path


def lay_out(what: Build, root: Path, extras: tuple[str, ...]) -> None:
    """Put every file of the package where it will lie; raise ``ValueError`` if a library does not fit the target."""
    site = root / what.site_packages.lstrip("/")
    gather(what.target, site, extras)
    found = libraries(site)
    wrong = misfits(found, what.target)
    if wrong:
        raise ValueError(f"not for {what.target}: " + "; ".join(wrong))
    _environment(what, root)
    _settings_and_units(what, root)
    _documents(what, root, site)
    glibc = max(facts.newest("GLIBC") for facts in found.values())
    _control(what, root, ".".join(map(str, glibc)))
    _level(root, what.at)


def _environment(what: Build, root: Path) -> None:
    home = root / HOME.lstrip("/")
    _write(home / "pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {_python(what)}\n")
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to(f"../../../bin/python{_python(what)}")
    _write(root / "usr/bin/firewatch-edge", what.fill("firewatch_edge_launcher.py"))


def _python(what: Build) -> str:
    return what.target.release.python


def _settings_and_units(what: Build, root: Path) -> None:
    settings = root / "etc/firewatch"
    _write(settings / "edge.toml.example", (ROOT / "configs" / "edge.toml").read_text(encoding="utf-8"))
    # The settings' own "var/" is the service's folder: no path needs to be written into edge.toml.
    (settings / "var").symlink_to("/var/lib/firewatch-edge")
    units = root / ("lib" if what.target.release.number < 13 else "usr/lib") / "systemd/system"  # noqa: PLR2004 - trixie merged /usr
    for name in UNITS:
        _write(units / name, (ROOT / "edge" / name).read_text(encoding="utf-8"))


def _documents(what: Build, root: Path, site: Path) -> None:
    documents = root / "usr/share/doc" / NAME
    carried = "\n".join(f" {d.name} {d.version}: {d.licence}" for d in distributions(site))
    _write(documents / "copyright", what.fill("copyright.in", CARRIED=carried, SITE=what.site_packages))
    when = what.at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    log = f"{NAME} ({what.version}) unstable; urgency=medium\n\n  * See CHANGELOG.md of firewatch.\n\n"
    _write_packed(documents / "changelog.Debian.gz", f"{log} -- {what.maintainer}  {when}\n")
    _write_packed(root / "usr/share/man/man1/firewatch-edge.1.gz", what.fill("firewatch-edge.1"))
    _write(root / "usr/share/lintian/overrides" / NAME, what.fill("lintian-overrides"))


def _control(what: Build, root: Path, glibc: str) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    kib = sum(-(-path.stat().st_size // 1024) for path in files)
    sums = [f"{hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest()}  {p.relative_to(root)}" for p in files]
    folder = root / "DEBIAN"
    marks = {"ARCHITECTURE": what.target.architecture, "MAINTAINER": what.maintainer, "SIZE_KIB": str(kib)}
    _write(folder / "control", what.fill("control.in", GLIBC=glibc, **marks))
    _write(folder / "conffiles", "\n".join(CONFFILES) + "\n")
    unfixed = [line for line in sums if f"/{line.partition('  ')[2]}" not in CONFFILES]
    _write(folder / "md5sums", "\n".join(unfixed) + "\n")
    for name in ("postinst", "prerm", "postrm"):
        _write(folder / name, what.fill(name))


def _level(root: Path, at: datetime) -> None:
    """Give every file the rights of its kind and the time of the commit."""
    programs = {root / "usr/bin/firewatch-edge", *(root / "DEBIAN" / name for name in ("postinst", "prerm", "postrm"))}
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in programs else 0o644)
        os.utime(path, (at.timestamp(), at.timestamp()), follow_symlinks=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_packed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def _commit_time() -> datetime:
    """Return SOURCE_DATE_EPOCH, else the time of the commit, else now."""
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not told:
        git = ["git", "log", "-1", "--format=%ct"]
        told = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - fixed words
    return datetime.fromtimestamp(int(told), UTC) if told else datetime.now(UTC)


def _own_architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "amd64")


def main() -> int:
    """Build what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=int, choices=sorted(RELEASES), default=12, help="of Debian (default 12)")
    parser.add_argument("--arch", choices=ARCHITECTURES, default=_own_architecture(), help="default: this machine's")
    parser.add_argument("--extra", action="append", default=[], metavar="NAME", help=f"beside {', '.join(EXTRAS)}")
    parser.add_argument("--revision", type=int, default=1, metavar="N", help="of this packaging (default 1)")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder (default build)")
    parser.add_argument("--no-compression", action="store_true", help="quicker, three times as large: for tests")
    args = parser.parse_args()
    if shutil.which("dpkg-deb") is None:
        print("dpkg-deb is not installed. On Debian and Ubuntu it always is; elsewhere: package dpkg", file=sys.stderr)
        return 1
    maintainer = f"{os.environ.get('DEBFULLNAME', 'firewatch')} <{os.environ.get('DEBEMAIL', 'firewatch@localhost')}>"
    what = Build(Target(RELEASES[args.release], args.arch), args.revision, maintainer, _commit_time())
    compression = ["-Znone"] if args.no_compression else ["-Zxz"]
    try:
        path = build(what, args.out, (*EXTRAS, *args.extra), compression)
    except (OSError, ValueError, subprocess.CalledProcessError) as err:
        print(f"no package: {err}", file=sys.stderr)
        return 1
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB  {what.target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
