"""Masks that people draw at the centre: what a pose must not report, by whose word, and how to take it back.

A mask makes a camera blind where it lies. So each names its reason and its author, nothing is ever deleted, and a large
one has to be asked for twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.ids import CameraId, EvidenceId, PoseId, TowerId
    from firewatch.domain.masks import Polygon
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.tower_settings import PoseMask
    from firewatch.services.ports import Clock

__all__ = ["MOST_MASKED", "MaskBook", "MaskDesk", "PoseViews", "SetMask", "masked_share", "masks_at"]

# Above this share of a pose's picture a person must say that they mean it: a chimney with its steam is 1 to 5 %.
MOST_MASKED = 0.2
_MOST_OF_TOWER = 200
# Heights at which the share is measured; along each the measure is exact.
_ROWS = 500


@dataclass(frozen=True, slots=True)
class SetMask:
    """A mask of the centre.

    Parameters
    ----------
    mask_id : str
        ULID.
    tower_id : TowerId
        Of which tower.
    placed : PoseMask
        The mask, and whose picture it lies in.
    set_at, set_by
        UTC instant, and who drew it.
    removed_at, removed_by
        UTC instant, and who took it away; None and empty while it stands.
    """

    mask_id: str
    tower_id: TowerId
    placed: PoseMask
    set_at: datetime
    set_by: str
    removed_at: datetime | None = None
    removed_by: str = ""

    def holds_at(self, at: datetime) -> bool:
        """Tell whether it is to be obeyed at an instant in UTC."""
        return self.removed_at is None and self.placed.mask.holds_at(at)


class MaskBook(Protocol):
    """The masks of the centre, those taken away too."""

    def put(self, mask: SetMask) -> None:
        """Store a new one."""
        ...

    def remove(self, mask_id: str, at: datetime, by: str) -> bool:
        """Mark one as taken away; return False where it was already, or is unknown."""
        ...

    def standing(self) -> tuple[SetMask, ...]:
        """Return those of all towers that were not taken away, in the order in which they were drawn."""
        ...

    def of_tower(self, tower_id: TowerId) -> tuple[SetMask, ...]:
        """Return all of one tower, the latest first."""
        ...


class PoseViews(Protocol):
    """The latest pictures of poses."""

    def latest(self, tower_id: TowerId, camera_id: CameraId, pose_id: PoseId) -> tuple[EvidenceId, datetime] | None:
        """Return the latest whole frame of a pose and when it was taken; None where none has come."""
        ...


class MaskDesk:
    """Draws masks and takes them back.

    Parameters
    ----------
    book : MaskBook
        Port.
    sites : SiteMap
        The poses that there are.
    clock : Clock
        Tells when.
    new_id : callable
        Makes a ULID for an instant.
    """

    def __init__(self, book: MaskBook, sites: SiteMap, clock: Clock, new_id: Callable[[datetime], str]) -> None:
        self._book = book
        self._sites = sites
        self._clock = clock
        self._new_id = new_id

    def of_tower(self, tower_id: TowerId) -> tuple[SetMask, ...]:
        """Return all masks of one tower, those taken away too, the latest first."""
        return self._book.of_tower(tower_id)

    def draw(self, tower_id: TowerId, placed: PoseMask, by: str, *, is_sure: bool = False) -> SetMask:
        """Add a mask.

        Raises
        ------
        InvalidValue
            If the tower has no such camera or pose, the pose has a standing mask of that name, its last day is over,
            the tower has 200 already, or more of the picture would be masked than MOST_MASKED and nobody said that it
            is meant.
        """
        now = self._clock.now()
        self._require_pose(tower_id, placed)
        standing = [one for one in self._book.of_tower(tower_id) if one.removed_at is None]
        of_pose = [one for one in standing if _pose(one.placed) == _pose(placed)]
        name = placed.mask.name
        if name in {one.placed.mask.name for one in of_pose}:
            raise InvalidValue("name of the mask", name, "one that no other mask of this view has")
        if not placed.mask.holds_at(now):
            raise InvalidValue("last day of the mask", str(placed.mask.until), "today (UTC) or later")
        if len(standing) >= _MOST_OF_TOWER:
            raise InvalidValue("masks of the tower", len(standing) + 1, f"at most {_MOST_OF_TOWER}; take some away")
        share = masked_share([placed.mask.polygon, *(one.placed.mask.polygon for one in of_pose if one.holds_at(now))])
        if share > MOST_MASKED and not is_sure:
            allowed = f"at most {MOST_MASKED:.0%}, or say that it is meant: the camera reports nothing there"
            raise InvalidValue("masked share of the picture", f"{share:.0%}", allowed)
        mask = SetMask(self._new_id(now), tower_id, placed, now, by)
        self._book.put(mask)
        return mask

    def remove(self, tower_id: TowerId, mask_id: str, by: str) -> SetMask:
        """Take a mask away; raise `InvalidValue` where the tower has no such standing mask."""
        mask = self._find(tower_id, mask_id)
        if mask.removed_at is not None or not self._book.remove(mask_id, self._clock.now(), by):
            raise InvalidValue("mask", mask_id, "one that stands")
        return mask

    def restore(self, tower_id: TowerId, mask_id: str, by: str) -> SetMask:
        """Put back what was taken away, as a mask of today; raise `InvalidValue` as `draw` does."""
        mask = self._find(tower_id, mask_id)
        if mask.removed_at is None:
            raise InvalidValue("mask", mask_id, "one that was taken away")
        # It was meant once: nobody is asked again how large it is.
        return self.draw(tower_id, mask.placed, by, is_sure=True)

    def _find(self, tower_id: TowerId, mask_id: str) -> SetMask:
        found = next((one for one in self._book.of_tower(tower_id) if one.mask_id == mask_id), None)
        if found is None:
            raise InvalidValue("mask", mask_id[:64], f"the id of a mask of tower {tower_id}")
        return found

    def _require_pose(self, tower_id: TowerId, placed: PoseMask) -> None:
        tower = self._sites.tower(tower_id)
        known = [
            f"{camera.camera_id}/{pose.pose_id}"
            for camera in (tower.cameras if tower is not None else ())
            for pose in camera.poses
        ]
        given = f"{placed.camera_id}/{placed.pose_id}"
        if given not in known:
            raise InvalidValue("camera and pose", given, f"one of tower {tower_id}: {', '.join(known) or 'none'}")


def _pose(placed: PoseMask) -> tuple[CameraId, PoseId]:
    return placed.camera_id, placed.pose_id


def masked_share(polygons: Sequence[Polygon]) -> float:
    """Return which share of a picture lies in any of the polygons, to within about half a per cent."""
    return sum(_length(_spans(polygons, (row + 0.5) / _ROWS)) for row in range(_ROWS)) / _ROWS


def _spans(polygons: Sequence[Polygon], height: float) -> Iterable[tuple[float, float]]:
    for polygon in polygons:
        crossings = sorted(
            x0 + (height - y0) / (y1 - y0) * (x1 - x0)
            for (x0, y0), (x1, y1) in polygon.edges
            if (y0 <= height) != (y1 <= height)
        )
        yield from zip(crossings[::2], crossings[1::2], strict=True)


def _length(spans: Iterable[tuple[float, float]]) -> float:
    total, reached = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def masks_at(masks: Iterable[SetMask], tower_id: TowerId, at: datetime) -> tuple[PoseMask, ...]:
    """Return what a tower is to obey at an instant."""
    return tuple(one.placed for one in masks if one.tower_id == tower_id and one.holds_at(at))
