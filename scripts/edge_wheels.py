"""Gathers what a tower's node is made of, unpacked and ready, for this processor or another.

A wheel is an archive: unpacked for arm64 on an amd64 machine it is the same folder as on the tower. Versions and hashes
are those of uv.lock; where a library has no wheel for the target, the gathering fails. Nothing gathered is run here.

    python scripts/edge_wheels.py            all four targets: what each needs, how large it is, whether it fits
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from email.parser import HeaderParser
from os import environ
from pathlib import Path

from elf_facts import ElfFacts, elf_facts, is_elf

ROOT = Path(__file__).resolve().parents[1]
# A camera that turns must not need a network after the installation. PyAV is left out: its wheel carries GPL parts.
EXTRAS = ("onvif",)
# The loader and what every Debian system with Python has: libc6, libgcc-s1, libstdc++6, zlib1g.
OF_THE_SYSTEM = {
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
    "libz.so.1",
}
# The kernel that Raspberry Pi OS starts on a Raspberry Pi 5 has pages of 16 KiB; others have 4 or 64.
LEAST_ALIGNMENT = {"amd64": 0x1000, "arm64": 0x4000}


@dataclass(frozen=True, slots=True)
class Release:
    """A Debian release (Raspberry Pi OS has the same): its Python, and the newest symbols of its C and C++ library."""

    number: int
    python: str
    glibc: tuple[int, ...]
    glibcxx: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a package is for."""

    release: Release
    architecture: str

    @property
    def platform(self) -> str:
        """Its name at uv."""
        processor = {"amd64": "x86_64", "arm64": "aarch64"}[self.architecture]
        return f"{processor}-manylinux_2_28"

    def __str__(self) -> str:
        """Return it in words."""
        return f"Debian {self.release.number}, Python {self.release.python}, {self.architecture}"


RELEASES = {
    12: Release(12, "3.11", (2, 36), (3, 4, 30)),
    13: Release(13, "3.13", (2, 41), (3, 4, 33)),
}
ARCHITECTURES = ("amd64", "arm64")


def uv() -> str:
    """Return the path of uv, as the Makefile finds it."""
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".tools" / "bin")
    if found is None:
        raise FileNotFoundError("uv is not installed; make setup installs it")
    return found


def gather(target: Target, folder: Path, extras: tuple[str, ...] = EXTRAS) -> None:
    """Unpack the node and all that it needs into a folder, as site-packages."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        locked = scratch / "locked.txt"
        chosen = [word for extra in extras for word in ("--extra", extra)]
        export = ["export", "--quiet", "--frozen", "--no-dev", "--no-emit-workspace", "--package", "firewatch-edge"]
        _run(uv(), *export, *chosen, "--output-file", str(locked))
        for package in ("firewatch", "firewatch-edge"):
            _run(uv(), "build", "--quiet", "--wheel", "--package", package, "--out-dir", str(scratch))
        into = ["pip", "install", "--quiet", "--python", sys.executable, "--target", str(folder), "--link-mode", "copy"]
        into += ["--python-version", target.release.python, "--python-platform", target.platform, "--no-deps"]
        _run(uv(), *into, "--only-binary", ":all:", "--require-hashes", "-r", str(locked))
        _run(uv(), *into, "--no-index", "--find-links", str(scratch), "firewatch", "firewatch-edge")
    # Commands of the libraries, with this machine's paths in them; and the centre's pages, which a tower has not.
    shutil.rmtree(folder / "bin", ignore_errors=True)
    shutil.rmtree(folder / "firewatch" / "web" / "static", ignore_errors=True)
    # When uv unpacked it: another time at each build.
    for note in [folder / ".lock", *folder.glob("*.dist-info/uv_cache.json")]:
        note.unlink(missing_ok=True)
    _forget_what_is_gone(folder)


def _forget_what_is_gone(folder: Path) -> None:
    """Take the rows of files that are not there any more out of each distribution's own list."""
    for record in folder.glob("*.dist-info/RECORD"):
        with record.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if (folder / row[0]).is_file()]
        with record.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def _run(*command: str) -> None:
    # Without the page: no npm, and nothing of the centre's that a tower would carry about.
    subprocess.run(command, cwd=ROOT, check=True, env={**environ, "FIREWATCH_SKIP_PAGE": "1"})  # noqa: S603 - our own


def libraries(folder: Path) -> dict[str, ElfFacts]:
    """Return what each compiled library says of itself, by its path in the folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): elf_facts(path) for path in files if is_elf(path)}


def misfits(found: dict[str, ElfFacts], target: Target) -> list[str]:
    """Return, in words, what could not be loaded on the target; empty if all fits."""
    carried = {facts.soname for facts in found.values()} | {Path(name).name for name in found}
    wrong = []
    for name, facts in found.items():
        if facts.machine != target.architecture:
            wrong.append(f"{name} is for {facts.machine}")
        if facts.alignment < LEAST_ALIGNMENT[target.architecture]:
            wrong.append(f"{name} wants pages of at most {facts.alignment} bytes")
        wrong += [f"{name} needs {other}" for other in sorted(facts.needed - carried - OF_THE_SYSTEM)]
        for family, newest in (("GLIBC", target.release.glibc), ("GLIBCXX", target.release.glibcxx)):
            if facts.newest(family) > newest:
                wrong.append(f"{name} needs {family} {'.'.join(map(str, facts.newest(family)))}")
    return wrong


@dataclass(frozen=True, slots=True)
class Distribution:
    """A Python distribution that is carried: its licence in its own words."""

    name: str
    version: str
    licence: str


def distributions(folder: Path) -> list[Distribution]:
    """Return what a site-packages holds, by name."""
    found = []
    for sheet in sorted(folder.glob("*.dist-info/METADATA")):
        told = HeaderParser().parsestr(sheet.read_text(encoding="utf-8"))
        classifiers = [text.rpartition(" :: ")[2] for text in told.get_all("Classifier", []) if "License ::" in text]
        stated = (told["License"] or "").strip()
        # Some paste the whole text into the field.
        licence = told["License-Expression"] or ", ".join(classifiers) or stated.partition("\n")[0]
        found.append(Distribution(told["Name"], told["Version"], licence or "see its folder"))
    return found


def size_bytes(folder: Path) -> int:
    """Return the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main() -> int:
    """Gather for every target and say what was found; return 1 if something does not fit."""
    failed = False
    for target in (Target(release, name) for release in RELEASES.values() for name in ARCHITECTURES):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            gather(target, folder)
            found = libraries(folder)
            wrong = misfits(found, target)
            count, size = len(distributions(folder)), size_bytes(folder)
            print(f"{target}: {count} distributions, {len(found)} compiled libraries, {size / 1e6:.0f} MB")
            for line in wrong:
                print(f"  {line}")
            failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
