"""Masks of the centre in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import CameraId, EvidenceId, PoseId, TowerId
    from firewatch.services.masks import SetMask

__all__ = ["MemoryMaskBook", "PoseViewsFake"]


class MemoryMaskBook:
    """Fulfils `firewatch.services.masks.MaskBook`."""

    def __init__(self) -> None:
        self._masks: dict[str, SetMask] = {}

    def put(self, mask: SetMask) -> None:
        """Store a new one."""
        self._masks[mask.mask_id] = mask

    def remove(self, mask_id: str, at: datetime, by: str) -> bool:
        """Mark one as taken away."""
        mask = self._masks.get(mask_id)
        if mask is None or mask.removed_at is not None:
            return False
        self._masks[mask_id] = replace(mask, removed_at=at, removed_by=by)
        return True

    def standing(self) -> tuple[SetMask, ...]:
        """Return those that were not taken away."""
        found = (one for one in self._masks.values() if one.removed_at is None)
        return tuple(sorted(found, key=lambda one: (one.set_at, one.mask_id)))

    def of_tower(self, tower_id: TowerId) -> tuple[SetMask, ...]:
        """Return all of one tower, the latest first."""
        found = [one for one in self._masks.values() if one.tower_id == tower_id]
        return tuple(sorted(found, key=lambda one: (one.set_at, one.mask_id), reverse=True))


class PoseViewsFake:
    """Fulfils `firewatch.services.masks.PoseViews` with one picture for every pose."""

    def __init__(self, found: tuple[EvidenceId, datetime] | None = None) -> None:
        self.found = found

    def latest(
        self,
        tower_id: TowerId,  # noqa: ARG002 - the same for all
        camera_id: CameraId,  # noqa: ARG002
        pose_id: PoseId,  # noqa: ARG002
    ) -> tuple[EvidenceId, datetime] | None:
        """Return the picture."""
        return self.found
