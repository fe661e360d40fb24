"""The self-test set of a model package: a few pictures, and what the model said of each where it was made.

::

    selftest.json      schema firewatch-selftest/1, and for each picture its name, the score and how far it may be off
    selftest-01.jpg    the pictures as they stand

A tower scores the pictures with what computes there before it lets a new model watch: another processor, another
precision or a broken driver shows here, and not when a forest burns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from firewatch.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "MOST_SELF_TEST_FRAMES",
    "SELF_TEST_NAME",
    "SelfTestFrame",
    "SelfTestSet",
    "is_self_test_file",
    "read_self_test",
    "self_test_files",
]

SELF_TEST_NAME = "selftest.json"
MOST_SELF_TEST_FRAMES = 16
# A frame of 1080 lines as a camera sends it.
_MOST_PICTURE_BYTES = 1_500_000
_PICTURE = r"^selftest-[0-9]{2}\.(jpg|png)$"
# How the two forms begin (ITU-T T.81 B.1.1.3, PNG 5.2).
_KINDS = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


class SelfTestFrame(Struct, frozen=True, kw_only=True):
    """One picture: the largest calibrated probability over all of its candidates, and how far off it may be."""

    file: Annotated[str, Meta(pattern=_PICTURE)]
    score: Annotated[float, Meta(ge=0.0, le=1.0)]
    tolerance: Annotated[float, Meta(gt=0.0, le=0.5)]


class SelfTestSet(Struct, frozen=True, kw_only=True):
    """All of ``selftest.json``."""

    schema: Literal["firewatch-selftest/1"]
    frames: Annotated[tuple[SelfTestFrame, ...], Meta(min_length=1, max_length=MOST_SELF_TEST_FRAMES)]


def is_self_test_file(name: str) -> bool:
    """Tell whether a file of a package belongs to its self-test set."""
    return name.startswith("selftest")


def read_self_test(files: Mapping[str, bytes], source: str) -> SelfTestSet | None:
    """Read the set among a package's files.

    Parameters
    ----------
    files : mapping of str to bytes
        By name.
    source : str
        Where they are from, for the error.

    Returns
    -------
    SelfTestSet or None
        None where the package has none.

    Raises
    ------
    ModelError
        If it cannot be read, or its list and its pictures differ.
    """
    pictures = {name for name in files if is_self_test_file(name) and name != SELF_TEST_NAME}
    if SELF_TEST_NAME not in files:
        if pictures:
            raise ModelError(source, f"has {min(pictures)} and no {SELF_TEST_NAME}: pack it again")
        return None
    try:
        found = msgspec.json.decode(files[SELF_TEST_NAME], type=SelfTestSet)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ModelError(source, f"{SELF_TEST_NAME} cannot be read: {err}; is it for a newer firewatch?") from err
    named = [frame.file for frame in found.frames]
    if len(set(named)) != len(named) or set(named) != pictures:
        odd = sorted(pictures.symmetric_difference(named)) or ["a picture that is named twice"]
        raise ModelError(source, f"{SELF_TEST_NAME} and its pictures differ: {', '.join(odd)}")
    return found


def self_test_files(pictures: Sequence[tuple[bytes, float]], tolerance: float, source: str) -> dict[str, bytes]:
    """Return the files of a set.

    Parameters
    ----------
    pictures : sequence of (bytes, float)
        JPEG or PNG files, and what the model said of each, 0 to 1.
    tolerance : float
        How far off a tower may be, above 0, at most 0.5.
    source : str
        For the error.

    Raises
    ------
    ModelError
        If there is none or one too many, one is no picture or too large, or a number is out of its range.
    """
    files, frames = {}, []
    for number, (content, score) in enumerate(pictures, 1):
        name = f"selftest-{number:02d}.{_kind_of(content, number, source)}"
        files[name] = content
        frames.append({"file": name, "score": score, "tolerance": tolerance})
    try:
        made = msgspec.convert({"schema": "firewatch-selftest/1", "frames": frames}, SelfTestSet)
    except msgspec.ValidationError as err:
        allowed = f"1 to {MOST_SELF_TEST_FRAMES} pictures, scores of 0 to 1, a tolerance above 0 and at most 0.5"
        raise ModelError(source, f"makes no self-test set: {err}; allowed are {allowed}") from err
    files[SELF_TEST_NAME] = msgspec.json.format(msgspec.json.encode(made), indent=1)
    return files


def _kind_of(content: bytes, number: int, source: str) -> str:
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
    if kind is None or len(content) > _MOST_PICTURE_BYTES:
        why = f"its picture {number} is no JPEG or PNG of at most {_MOST_PICTURE_BYTES} bytes"
        raise ModelError(source, why)
    return kind
