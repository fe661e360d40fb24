"""What two parts of a data set share: cameras, sequences, sites, and pictures that look the same."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from models.data.frames import Frame
    from models.data.pictures import Glance

# Hashes of 64 bits that differ in no more than this many are near-duplicates: frames encoded again or hardly changed.
NEAR_BITS = 4
# HPWREN names a camera by its mountain, the way that it looks, and colour or infrared: rm-w-mobo-c.
_HPWREN = re.compile(r"(?:^|[:_])([a-z]+?)-?[nesw]-?mobo-?[cm](?![a-z])")
_BITS_OF_BYTE = np.array([byte.bit_count() for byte in range(256)], np.uint8)


@dataclass(frozen=True, slots=True)
class Shared:
    """One thing that two parts share.

    Parameters
    ----------
    kind : str
        camera, sequence, site, or file (the same bytes).
    name : str
    parts : tuple of str
    """

    kind: str
    name: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.kind} {self.name} is in {' and '.join(self.parts)}"


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two frames of two parts that look almost the same; `bits` of their hashes differ."""

    one: Frame
    other: Frame
    bits: int


def site_of(frame: Frame) -> str:
    """Return where a frame's camera stands: its tower, or the mountain in an HPWREN camera's name; empty if unknown."""
    if frame.tower:
        return f"tower {frame.tower}"
    told = _HPWREN.search(frame.camera)
    return f"hpwren {told[1]}" if told else ""


def shared_marks(parts: Mapping[str, Iterable[Frame]]) -> list[Shared]:
    """List the cameras and sequences that are in more than one part: leaks."""
    return [*_shared(parts, "camera", lambda f: f.camera), *_shared(parts, "sequence", lambda f: f.sequence)]


def shared_sites(parts: Mapping[str, Iterable[Frame]]) -> list[Shared]:
    """List the sites that different cameras of different parts stand on: no leak, but a caution."""
    leaks = {(leak.name, leak.parts) for leak in shared_marks(parts) if leak.kind == "camera"}
    found = []
    for shared in _shared(parts, "site", site_of):
        cameras = {part: sorted({f.camera for f in parts[part] if site_of(f) == shared.name}) for part in shared.parts}
        same = {tuple(names) for names in cameras.values()}
        if len(same) > 1 or (next(iter(same))[0], shared.parts) not in leaks:
            told = "; ".join(f"{part}: {', '.join(names)}" for part, names in cameras.items())
            found.append(Shared("site", f"{shared.name} ({told})", shared.parts))
    return found


def _shared(parts: Mapping[str, Iterable[Frame]], kind: str, name_of: Callable[[Frame], str]) -> list[Shared]:
    where: dict[str, set[str]] = defaultdict(set)
    for part, frames in parts.items():
        for frame in frames:
            if name_of(frame):
                where[name_of(frame)].add(part)
    return [Shared(kind, name, tuple(sorted(held))) for name, held in sorted(where.items()) if len(held) > 1]


def same_files(parts: Mapping[str, Collection[Frame]], looks: Mapping[Path, Glance]) -> list[Shared]:
    """List files of the same bytes in more than one part: leaks."""
    named: dict[str, set[str]] = defaultdict(set)
    for frames in parts.values():
        for frame in frames:
            named[looks[frame.path].sha256].add(frame.path.name)
    shared = _shared(parts, "file", lambda frame: looks[frame.path].sha256)
    return [Shared("file", " = ".join(sorted(named[one.name])), one.parts) for one in shared]


def near_duplicates(
    parts: Mapping[str, Sequence[Frame]], looks: Mapping[Path, Glance], most_bits: int = NEAR_BITS
) -> list[NearPair]:
    """List pairs of frames of different parts whose hashes hardly differ, the nearest first.

    A picture without features (thick fog, night) may look like another by chance: look at what is listed.

    Parameters
    ----------
    parts : mapping of str to sequence of Frame
    looks : mapping of Path to Glance
        Of every frame.
    most_bits : int
        Of 64, that may differ.
    """
    pairs = []
    for one, other in combinations(parts, 2):
        theirs = _hash_bytes(parts[other], looks)
        for frame, row in zip(parts[one], _hash_bytes(parts[one], looks), strict=True):
            apart = _BITS_OF_BYTE[theirs ^ row].sum(axis=1, dtype=np.int64)
            pairs += [
                NearPair(frame, parts[other][int(at)], int(apart[at])) for at in np.nonzero(apart <= most_bits)[0]
            ]
    return sorted(pairs, key=lambda pair: (pair.bits, pair.one.path.as_posix(), pair.other.path.as_posix()))


def _hash_bytes(
    frames: Sequence[Frame], looks: Mapping[Path, Glance]
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    whole = b"".join(looks[frame.path].dhash.to_bytes(8, "big") for frame in frames)
    return np.frombuffer(whole, np.uint8).reshape(-1, 8)
