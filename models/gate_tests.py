"""The frozen tests of the gate: a TOML file, read strictly, and whether what it names is still what it was."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from firewatch.errors import ConfigError
from models.evaluate.sequences import annotations_of

if TYPE_CHECKING:
    from pathlib import Path

FRAME_MEASURES = (
    "auroc",
    "average_precision",
    "recall_at_5_percent_false",
    "peak_in_box",
    "ap50",
    "localised_recall",
    "specificity",
)
SEQUENCE_MEASURES = ("first_confirmed_s", "confirmed_share", "false_confirmations")


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """What a candidate may be, whatever it scores."""

    most_parameters: int = 3_000_000
    most_bytes: int = 13_000_000
    # onnxruntime 1.17, the oldest that a tower may have, reads opset 20.
    highest_opset: int = 20
    # Share of the present model's time by which the candidate may be slower.
    slower_share: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.10


class FrozenTest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One frozen test.

    Parameters
    ----------
    name : str
        As in the table.
    kind : str
        ``frames``: a folder with annotations.json; ``rendered``: one that `models.make` wrote, of which the held-out
        part counts; ``sequences``: a folder of sequence folders, each with index.json, whose smoke the annotations of
        their split may have drawn.
    path : str
        The folder, from where the command runs.
    measure : str
        One of `FRAME_MEASURES`, or of `SEQUENCE_MEASURES` for sequences.
    direction : str
        ``up`` where more is better, ``down`` where less is.
    tolerance : float
        How much worse the candidate may measure, in the measure's unit.
    subset : str
        Of the frames, by their field `subset`; empty for all.
    sha256 : str
        Of the folder's lists, so that a test that was changed is noticed; empty while it is being made.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    kind: Literal["frames", "sequences", "rendered"]
    path: str
    measure: str
    direction: Literal["up", "down"]
    tolerance: Annotated[float, Meta(ge=0.0)]
    subset: str = ""
    sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""


class GateFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    test: Annotated[tuple[FrozenTest, ...], Meta(min_length=1)]
    limits: Limits = Limits()


def read_tests(path: Path) -> GateFile:
    """Read the tests; raise `ConfigError` that names the file and what is wrong."""
    try:
        gate = msgspec.toml.decode(path.read_bytes(), type=GateFile)
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "test", str(err)) from err
    names = [test.name for test in gate.test]
    for test in gate.test:
        allowed = SEQUENCE_MEASURES if test.kind == "sequences" else FRAME_MEASURES
        if test.measure not in allowed:
            why = f"is {test.measure!r}; of {test.kind} it may be {', '.join(allowed)}"
            raise ConfigError(str(path), f"test {test.name}: measure", why)
        if names.count(test.name) > 1:
            raise ConfigError(str(path), f"test {test.name}", "stands twice; each name may stand once")
    return gate


def digest_of(folder: Path, kind: str) -> str:
    """Return the SHA-256 of a test's lists.

    Those are annotations.json, or the index.json of every sequence in order, and the annotations of their smoke.
    """
    lists = [folder / "annotations.json"]
    if kind == "sequences":
        lists = sorted(folder.glob("*/index.json"))
        drawn = {annotations_of(path.parent, real_of(folder)) for path in lists}
        lists += sorted(path for path in drawn if path.is_file())
    whole = hashlib.sha256()
    for path in lists:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def real_of(sequences: Path) -> Path:
    """Return the folder of frames that a folder of sequences lies in: REAL/sequences/SPLIT."""
    return sequences.parent.parent


def require_frozen(test: FrozenTest, folder: Path) -> None:
    """Raise `ConfigError` where a test's folder is missing, or its lists are others than when it was frozen."""
    try:
        found = digest_of(folder, test.kind)
    except OSError as err:
        raise ConfigError(str(folder), f"test {test.name}", f"cannot be read: {err.strerror}") from err
    if test.sha256 and found != test.sha256:
        why = f"its lists have SHA-256 {found}, not {test.sha256}: a frozen test was changed; list it as another test"
        raise ConfigError(str(folder), f"test {test.name}", why)
