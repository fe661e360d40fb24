"""Pictures of a data card, and contact sheets for the eyes of whoever holds the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from firewatch.adapters.whole_file import writing_whole
from models.data.figures import SIZE_EDGES, coverage, plume_sizes
from models.data.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from models.data.frames import Frame
    from models.data.survey import Survey

ROWS, COLUMNS = 36, 64
# A contact sheet: frames across and down, and the pixels of each.
ACROSS, DOWN, TILE = 6, 6, (320, 200)
BOX_COLOUR, LABEL_COLOUR = (40, 40, 255), (255, 255, 255)


def draw_pictures(found: Survey, folder: Path) -> dict[str, Path]:
    """Draw histograms and the map of box positions into a folder; no photograph.

    Returns
    -------
    dict of str to Path
        What each shows, to its file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"brightness of frames": (folder / "brightness.png", _brightness(found))}
    if any(len(plume_sizes(frames)) for frames in found.parts.values()):
        drawn["sizes of boxes"] = (folder / "box_sizes.png", _sizes(found))
        drawn["where boxes lie in the frame"] = (folder / "box_positions.png", _positions(found))
    for path, figure in drawn.values():
        with writing_whole(path) as stream:
            # Without the program's version, so that the same frames give the same file.
            figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return {what: path for what, (path, _) in drawn.items()}


def _figure(panels: int) -> tuple[Figure, list[object]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * panels, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)
    return figure, list(axes[0])


def _sizes(found: Survey) -> Figure:
    drawn = {part: sizes for part, frames in found.parts.items() if len(sizes := plume_sizes(frames))}
    figure, panels = _figure(len(drawn))
    bins = np.geomspace(4.0, 1280.0, 26)
    for panel, (part, sizes) in zip(panels, drawn.items(), strict=True):
        panel.hist(np.clip(sizes, bins[0], bins[-1]), bins=bins, color="#4a6fa5")  # type: ignore[attr-defined]
        panel.set(xscale="log", title=f"{part}: {len(sizes)} boxes", xlabel="longer side [px at 1280 wide]")  # type: ignore[attr-defined]
        for edge in SIZE_EDGES:
            panel.axvline(edge, color="0.6", linewidth=0.8)  # type: ignore[attr-defined]
    return figure


def _positions(found: Survey) -> Figure:
    drawn = {part: frames for part, frames in found.parts.items() if len(plume_sizes(frames))}
    figure, panels = _figure(len(drawn))
    for panel, (part, frames) in zip(panels, drawn.items(), strict=True):
        shown = panel.imshow(coverage(frames, ROWS, COLUMNS), cmap="magma", vmin=0.0, aspect="equal")  # type: ignore[attr-defined]
        panel.set(title=f"{part}: share of boxes", xticks=[], yticks=[])  # type: ignore[attr-defined]
        figure.colorbar(shown, ax=panel)  # type: ignore[arg-type]
    return figure


def _brightness(found: Survey) -> Figure:
    figure, panels = _figure(len(found.parts))
    bins = np.linspace(0.0, 255.0, 26)
    for panel, (part, frames) in zip(panels, found.parts.items(), strict=True):
        groups = {
            label: [found.looks[f.path].brightness for f in frames if f.label == label] for label in ("none", "smoke")
        }
        panel.hist(list(groups.values()), bins=bins, stacked=True, label=list(groups), color=["#7fa37f", "#8a8a8a"])  # type: ignore[attr-defined]
        panel.set(title=f"{part}: {len(frames)} frames", xlabel="mean grey")  # type: ignore[attr-defined]
        panel.legend()  # type: ignore[attr-defined]
    return figure


def draw_contact_sheets(found: Survey, folder: Path) -> list[Path]:
    """Draw small pictures of all frames with their boxes: photographs, for local use; git is told to ignore the folder.

    Raises
    ------
    DatasetError
        If a picture cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    paths = []
    for part, frames in found.parts.items():
        for page, start in enumerate(range(0, len(frames), ACROSS * DOWN)):
            path = folder / f"{''.join(c if c.isalnum() else '_' for c in part)}_{page:03d}.jpg"
            _, encoded = cv2.imencode(".jpg", _sheet(frames[start : start + ACROSS * DOWN]))
            with writing_whole(path) as stream:
                stream.write(encoded.tobytes())
            paths.append(path)
    return paths


def _sheet(frames: Sequence[Frame]) -> npt.NDArray[np.uint8]:
    rows = -(-len(frames) // ACROSS)
    sheet = np.zeros((rows * TILE[1], ACROSS * TILE[0], 3), np.uint8)
    for at, frame in enumerate(frames):
        row, column = divmod(at, ACROSS)
        sheet[row * TILE[1] : (row + 1) * TILE[1], column * TILE[0] : (column + 1) * TILE[0]] = _tile(frame)
    return sheet


def _tile(frame: Frame) -> npt.NDArray[np.uint8]:
    image = cv2.imread(str(frame.path), cv2.IMREAD_COLOR)
    if image is None:
        raise refuse(frame.path.parent, f"{frame.path.name}: cannot be read as an image")
    scale = np.array([TILE[0] / image.shape[1], TILE[1] / image.shape[0]] * 2)
    small = cv2.resize(image, TILE, interpolation=cv2.INTER_AREA)
    for x0, y0, x1, y1 in np.round((frame.boxes if frame.boxes is not None else np.zeros((0, 4))) * scale).astype(int):
        cv2.rectangle(small, (int(x0), int(y0)), (int(x1), int(y1)), BOX_COLOUR, 1)
    words = f"{frame.label}  {frame.camera}"[-44:]
    cv2.putText(small, words, (4, TILE[1] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, LABEL_COLOUR, 1, cv2.LINE_AA)
    return np.asarray(small, np.uint8)
