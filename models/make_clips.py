"""Make what the verifier is trained on beside real views: simulated plumes, rendered views in time, and suspects.

Example
-------
    python -m models.make_clips --out runs/clips --plumes 3000 --scenes 60

Runs in the project's own environment. Started again, it keeps what is finished.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from firewatch.scene import render
from firewatch_edge.detect import AGES_S
from models.data.frames import Frame, load_annotated, load_sequence
from models.data.plume_series import make_series
from models.data.pool import read
from models.data.scenes import random_weathering, stages
from models.detector import Detector, read_sheet

# Places that neither the demo, nor the detector's training, nor its rehearsal knows.
FIRST_SEED = 50_000
# So many of a clear frame's best boxes are places where the detector may be mistaken.
SUSPECTS = 8


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.make_clips",
        description="Simulate plumes over time (plumes.npz), render views at the clip's five times (scenes/), and note "
        "what the detector takes for smoke in clear frames (suspects.json).",
        epilog="Next: python -m models.train_verifier --clips FOLDER",
    )
    parser.add_argument("--out", type=Path, default=Path("runs/clips"), help="folder to write (default runs/clips)")
    parser.add_argument("--plumes", type=int, default=3000, help="number of plumes (default 3000)")
    parser.add_argument("--scenes", type=int, default=60, help="number of rendered places, two views each (default 60)")
    parser.add_argument("--model", type=Path, default=Path("models/smoke"), help="detector whose errors are noted")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/smoke"), help="folder of real frames")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    if not (given.out / "plumes.npz").exists():
        make_series(np.random.default_rng(FIRST_SEED), given.plumes).save(given.out / "plumes.npz")
        print(f"{given.plumes} plumes", flush=True)
    folder = given.out / "scenes"
    folder.mkdir(exist_ok=True)
    for number in range(given.scenes):
        if not (folder / f"{FIRST_SEED + number}.done").exists():
            render_place(FIRST_SEED + number, folder)
            print(f"place {number + 1} of {given.scenes}", flush=True)
    note_suspects(given.model, given.real, folder, given.out / "suspects.json")


def render_place(seed: int, folder: Path) -> None:
    """Render two views of a place at the clip's times, without fire, each with its weather."""
    rng = np.random.default_rng([seed, 2])
    for tower, stage in enumerate(stages(seed, 2)):
        weathering = random_weathering(rng, stage)
        at_s, quality = float(rng.uniform(1000.0, 30_000.0)), int(rng.integers(70, 96))
        for number, age in enumerate((0.0, *AGES_S)):
            frame = render(stage.backdrop, [], at_s - age, seed=seed, weathering=weathering)
            path = folder / f"{seed}_tower{tower}_{number}.jpg"
            cv2.imwrite(str(path), frame.image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    (folder / f"{seed}.done").touch()


def clear_frames(real: Path) -> list[Frame]:
    """Return all clear frames of the training split."""
    sequences = [load_sequence(folder) for folder in sorted((real / "sequences" / "train").iterdir())]
    frames = load_annotated(real / "train") + load_annotated(real / "empty", "train")
    return [frame for frame in frames + [f for s in sequences for f in s] if frame.label == "none"]


def note_suspects(model: Path, real: Path, scenes: Path, path: Path) -> None:
    """Write the detector's best boxes in clear frames, by the frame's path."""
    detector = Detector(read_sheet(model), threads=1)
    paths = [frame.path for frame in clear_frames(real)] + sorted(scenes.glob("*_0.jpg"))
    noted = {str(p): detector.raw(read(p))[0][:SUSPECTS].tolist() for p in paths}
    path.write_text(json.dumps(noted), encoding="utf-8")
    print(f"suspects of {len(noted)} clear frames", flush=True)


if __name__ == "__main__":
    main()
