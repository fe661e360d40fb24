"""What the cameras saw in the last hour, kept over a restart: a node that restarts all the time must not look well."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from firewatch_edge.health.eyes import Run
from firewatch_edge.health.whole_file import write_file_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firewatch.domain.ids import CameraId

__all__ = ["EyesFile"]

logger = logging.getLogger(__name__)


class EyesFile:
    """Keeps runs by camera, on the wall clock.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, runs: Mapping[CameraId, tuple[Run, ...]], wall_minus_monotonic_s: float) -> None:
        """Keep what is known; what the disk refuses is only said."""
        shift_s = wall_minus_monotonic_s
        kept = {
            camera: [(run.start_s + shift_s, run.end_s + shift_s, run.reason) for run in each]
            for camera, each in runs.items()
        }
        try:
            write_file_whole(self._path, msgspec.json.encode(kept))
        except OSError as err:
            logger.warning("eyes.not_kept", extra={"why": str(err)})

    def load(self, wall_minus_monotonic_s: float) -> dict[str, tuple[Run, ...]]:
        """Return what was kept, on this process's monotonic clock; nothing where it cannot be read."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=dict[str, list[tuple[float, float, str]]])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as err:
            logger.warning("eyes.unreadable", extra={"why": str(err)})
            return {}
        shift_s = wall_minus_monotonic_s
        return {
            camera: tuple(Run(start - shift_s, end - shift_s, reason) for start, end, reason in runs)
            for camera, runs in kept.items()
        }
