"""What an ablation compares, and its table: variants of made frames, measures of each run, means over seeds."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from firewatch.adapters.whole_file import write_whole
from models.data.writing import link_images

mpl.use("Agg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KINDS = {
    "rendered": "firewatch.scene",
    "composites": "composite",
    "moved": "moved_smoke",
    "hard": "hard_negative",
}
# What each variant adds to the real frames.
VARIANTS: dict[str, tuple[str, ...]] = {
    "real": (),
    **{kind: (kind,) for kind in KINDS},
    "all": tuple(KINDS),
    **{f"all-but-{kind}": tuple(other for other in KINDS if other != kind) for kind in KINDS},
}
_LINK = "made"
USUAL = ("real", *KINDS, "all")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to: the variant, its seed, and the measures of the averaged weights at its last step."""

    variant: str
    seed: int
    measures: dict[str, float]


def made_rows(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the rows of made frames for training; their files are named as `link_made` gives access to them.

    Raises
    ------
    SystemExit
        If a folder has no ``annotations.json``.
    """
    rows: list[dict[str, Any]] = []
    for number, folder in enumerate(folders):
        path = folder / "annotations.json"
        if not path.exists():
            sys.exit(f"{path} is missing; make it with python -m models.make --out {folder}")
        images = json.loads(path.read_text(encoding="utf-8"))["images"]
        # Made frames that are held out would only slow the runs: the table is of real frames.
        rows += [row | {"file": f"{_LINK}{number}/{row['file']}"} for row in images if row["subset"] == "train"]
    return rows


def link_made(folder: Path, made: Sequence[Path]) -> None:
    """Let rows of these folders stand in another one."""
    for number, source in enumerate(made):
        link_images(folder, source, f"{_LINK}{number}")


def keep_kinds(rows: Sequence[dict[str, Any]], kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of these kinds."""
    sources = {KINDS[kind] for kind in kinds}
    return [row for row in rows if row["source"] in sources]


def write_table(folder: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes as JSON, as a table to read, and as a picture."""
    rows = [{"variant": o.variant, "seed": o.seed, **o.measures} for o in outcomes]
    write_whole(folder / "ablation.json", (json.dumps({"runs": rows}, indent=1) + "\n").encode())
    write_whole(folder / "ablation.md", table(outcomes).encode())
    draw(folder / "ablation.png", outcomes)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a table of means over seeds, with the lowest and highest where there are several."""
    names = list(outcomes[0].measures)
    lines = ["| frames | runs | " + " | ".join(names) + " |", "| --- | --- |" + " --- |" * len(names)]
    for variant, found in by_variant(outcomes).items():
        cells = [_cell([o.measures[name] for o in found]) for name in names]
        lines.append(f"| {variant} | {len(found)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(values: Sequence[float]) -> str:
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"


def by_variant(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Return the outcomes of each variant, in the order of the first runs."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.variant, []).append(outcome)
    return groups


def draw(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Draw one panel a measure: a bar for the mean of each variant, a dot for each run."""
    groups = by_variant(outcomes)
    names = list(outcomes[0].measures)
    figure, panels = plt.subplots(1, len(names), figsize=(3.4 * len(names), 0.4 * len(groups) + 1.6), squeeze=False)
    for panel, name in zip(panels[0], names, strict=True):
        for place, found in enumerate(groups.values()):
            values = [o.measures[name] for o in found]
            panel.barh(place, float(np.mean(values)), color="#9db4c0")
            panel.plot(values, [place] * len(values), "k.", markersize=5)
        panel.set_yticks(range(len(groups)), list(groups) if panel is panels[0][0] else [""] * len(groups))
        panel.invert_yaxis()
        panel.set_title(f"{name}, val")
        panel.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
