"""What a compiled library (ELF, 64 bits, little-endian) says of itself: read as data, nothing of it is run."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MACHINES = {62: "amd64", 183: "arm64"}
_MAGIC = b"\x7fELF\x02\x01"
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRINGS, _STRINGS_SIZE, _SONAME = 1, 5, 10, 14


@dataclass(frozen=True, slots=True)
class ElfFacts:
    """One library: for which processor, on which pages it can be loaded, what it needs.

    ``alignment`` is the smallest of its loaded segments [bytes]; a kernel with larger pages cannot load it.
    ``versions`` are the names of symbol versions that it asks for or gives, as ``GLIBC_2.34``.
    """

    machine: str
    alignment: int
    soname: str
    needed: frozenset[str]
    versions: frozenset[str]

    def newest(self, family: str) -> tuple[int, ...]:
        """Return the newest version of a family (``GLIBC``, ``GLIBCXX``) that is asked for; () for none."""
        told = (re.fullmatch(rf"{family}_([0-9.]+)", name) for name in self.versions)
        return max((tuple(int(part) for part in found[1].split(".")) for found in told if found), default=())


def is_elf(path: Path) -> bool:
    """Tell whether a file begins as such a library does."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def elf_facts(path: Path) -> ElfFacts:
    """Read one library; raise ``ValueError`` where it is none or has no dynamic part."""
    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        raise ValueError(f"{path} is no ELF file of 64 bits, little-endian")
    machine = struct.unpack_from("<H", content, 18)[0]
    segments = list(_segments(content))
    loaded = [segment for segment in segments if segment.kind == _LOAD]
    dynamic = next((segment for segment in segments if segment.kind == _DYNAMIC), None)
    if dynamic is None or not loaded:
        raise ValueError(f"{path} has no dynamic part")
    entries = list(struct.iter_unpack("<qQ", content[dynamic.offset : dynamic.offset + dynamic.size // 16 * 16]))
    values = dict(entries)
    start = _file_offset(loaded, values[_STRINGS])
    strings = content[start : start + values[_STRINGS_SIZE]]
    return ElfFacts(
        machine=MACHINES.get(machine, f"machine {machine}"),
        alignment=min(segment.alignment for segment in loaded),
        soname=_string(strings, values[_SONAME]) if _SONAME in values else path.name,
        needed=frozenset(_string(strings, value) for tag, value in entries if tag == _NEEDED),
        versions=frozenset(found.decode() for found in re.findall(rb"GLIBC(?:XX)?_[0-9.]+(?=\0)", strings)),
    )


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int
    alignment: int


def _segments(content: bytes) -> Iterator[_Segment]:
    start = struct.unpack_from("<Q", content, 32)[0]
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _, offset, address, _, in_file, _, alignment = struct.unpack_from(
            "<IIQQQQQQ", content, start + number * size
        )
        yield _Segment(kind, offset, address, in_file, alignment)


def _file_offset(loaded: list[_Segment], address: int) -> int:
    for segment in loaded:
        if segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    raise ValueError(f"address {address:#x} is in no loaded segment")


def _string(strings: bytes, offset: int) -> str:
    return strings[offset : strings.index(b"\0", offset)].decode()
