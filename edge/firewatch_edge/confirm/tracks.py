"""Smokes followed over the frames of one pose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.domain.vision import Box
from firewatch_edge.confirm.matching import affinity, touches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.ids import SightingId
    from firewatch.domain.vision import FrameStamp, Look, Sighting

__all__ = ["Found", "Track", "associate"]

# Enough for the medians of growth with room between them.
_MOST_AREAS = 12
# A piece of a plume that lies this close to it, as a share of the frame's width, is the same plume.
_FRAGMENT_REACH = 0.02


@dataclass(frozen=True, slots=True)
class Found:
    """What there is in one frame, each sequence best first.

    Parameters
    ----------
    looks : sequence of Look
        What may begin or continue a smoke.
    carried : sequence of Look
        What may carry a confirmed track on though it could begin nothing. They are shared out before the others, and a
        look whose box is among them goes no further.
    weak : sequence of Look
        What carries a confirmed track on where nothing better does.
    """

    looks: Sequence[Look]
    carried: Sequence[Look] = ()
    weak: Sequence[Look] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """One smoke, confirmed (with a sighting's id) or not yet.

    Parameters
    ----------
    looks : tuple of Look
        Its hits within the confirmation window, oldest first; one that is losing its smoke may have none.
    latest : Look
        Its last hit, however long ago.
    first_seen_at : datetime
        UTC instant of its first hit.
    misses : int
        Frames since its last hit.
    sighting_id : SightingId or None
        None until it is confirmed.
    revision : int
        The last one reported, 0 before.
    frames_since_report : int
        Frames since then.
    reported_score : float
        What that revision said.
    areas : tuple of float
        Of its hits since then, as shares of their frames, at most the last twelve.
    """

    looks: tuple[Look, ...]
    latest: Look
    first_seen_at: datetime
    misses: int = 0
    sighting_id: SightingId | None = None
    revision: int = 0
    frames_since_report: int = 0
    reported_score: float = 0.0
    areas: tuple[float, ...] = ()

    @classmethod
    def begin(cls, look: Look) -> Track:
        """Return the track of a first hit."""
        return cls((look,), look, look.stamp.captured_at, areas=(_area(look),))

    @classmethod
    def resume(cls, sighting: Sighting) -> Track:
        """Return the track of a sighting that is open, as it was last reported."""
        return cls(
            sighting.looks,
            sighting.looks[-1],
            sighting.first_seen_at,
            sighting_id=sighting.sighting_id,
            revision=sighting.revision,
            reported_score=sighting.score,
        )

    @property
    def is_confirmed(self) -> bool:
        """Whether it is a sighting."""
        return self.sighting_id is not None

    @property
    def span_s(self) -> float:
        """Time from the first to the last of its hits in the window [s]."""
        looks = self.looks
        return (looks[-1].stamp.captured_at - looks[0].stamp.captured_at).total_seconds() if looks else 0.0

    @property
    def score(self) -> float:
        """Mean score of its hits in the window; of its last hit where there are none."""
        looks = self.looks or (self.latest,)
        return min(1.0, sum(look.score for look in looks) / len(looks))

    def advance(self, look: Look | None, window_from: datetime) -> Track:
        """Return the track after one more frame, with or without a hit; hits before `window_from` are forgotten."""
        kept = tuple(old for old in self.looks if old.stamp.captured_at >= window_from)
        if look is None:
            return replace(self, looks=kept, misses=self.misses + 1, frames_since_report=self.frames_since_report + 1)
        return replace(
            self,
            looks=(*kept, look),
            latest=look,
            misses=0,
            frames_since_report=self.frames_since_report + 1,
            areas=(*self.areas, _area(look))[-_MOST_AREAS:],
        )

    def sheltered(self, hits: Iterable[Look]) -> Track:
        """Return the track without its earlier misses where another's look lies over its smoke now.

        Two plumes that flow together give one box, which goes to one of them: the other is not gone.
        """
        if self.misses <= 1 or not self.is_confirmed:
            return self
        is_hidden = any(_holds_middle(look.box, self.box_in(look.stamp)) for look in hits)
        return replace(self, misses=1) if is_hidden else self

    def is_same_plume(self, look: Look) -> bool:
        """Tell whether a look is a piece of this track's plume."""
        return touches(self.box_in(look.stamp), look.box, _FRAGMENT_REACH * look.stamp.width_px)

    def box_in(self, stamp: FrameStamp) -> Box:
        """Return its latest box in pixels of another frame, which may be of another size."""
        box, own = self.latest.box, self.latest.stamp
        if (own.width_px, own.height_px) == (stamp.width_px, stamp.height_px):
            return box
        x, y = stamp.width_px / own.width_px, stamp.height_px / own.height_px
        return Box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)


def associate(tracks: Sequence[Track], found: Found) -> tuple[dict[int, Look], list[Look]]:
    """Share the looks of one frame out among the tracks.

    Parameters
    ----------
    tracks : sequence of Track, length n
        What is followed.
    found : Found
        What there is in the frame.

    Returns
    -------
    hits : dict of int to Look
        By index of the track: its look. Each look goes to one track, each track gets at most one.
    fresh : list of Look
        Those that begin something new: pieces of a plume that is followed already are not among them.
    """
    hits: dict[int, Look] = {}
    confirmed = {i for i, track in enumerate(tracks) if track.is_confirmed}
    rest_carried = _share_out(tracks, confirmed, found.carried, hits)
    used = {look.box for look in hits.values()}
    looks = [look for look in found.looks if look.box not in used]
    rest = _share_out(tracks, set(range(len(tracks))), looks, hits)
    fresh = _absorb(tracks, hits, rest)
    _absorb(tracks, hits, rest_carried)
    used = {look.box for look in (*hits.values(), *fresh)}
    rest_weak = _share_out(tracks, confirmed, [look for look in found.weak if look.box not in used], hits)
    _absorb(tracks, hits, rest_weak)
    return hits, fresh


def _share_out(tracks: Sequence[Track], wanted: set[int], looks: Sequence[Look], hits: dict[int, Look]) -> list[Look]:
    """Give looks to those of the wanted tracks that have none, the best fit first; return the looks that are left."""
    pairs = [
        (tracks[i].is_confirmed, affinity(tracks[i].box_in(look.stamp), look.box), -i, -j)
        for i in wanted
        for j, look in enumerate(looks)
    ]
    taken: set[int] = set()
    for _, fit, minus_i, minus_j in sorted(pairs, reverse=True):
        if fit > 0.0 and -minus_i not in hits and -minus_j not in taken:
            hits[-minus_i] = looks[-minus_j]
            taken.add(-minus_j)
    return [look for j, look in enumerate(looks) if j not in taken]


def _absorb(tracks: Sequence[Track], hits: dict[int, Look], rest: list[Look]) -> list[Look]:
    """Give pieces of followed plumes to their tracks (in `hits` where a confirmed one had no look yet)."""
    fresh: list[Look] = []
    for look in rest:
        owner = next((i for i, track in enumerate(tracks) if track.is_confirmed and track.is_same_plume(look)), None)
        if owner is not None:
            hits.setdefault(owner, look)
        elif not any(touches(other.box, look.box, 0.0) for other in (*hits.values(), *fresh)):
            fresh.append(look)
    return fresh


def _area(look: Look) -> float:
    return look.box.width * look.box.height / (look.stamp.width_px * look.stamp.height_px)


def _holds_middle(box: Box, other: Box) -> bool:
    """Tell whether the middle of another box lies in a box."""
    middle_y = (other.y0 + other.y1) / 2.0
    return box.x0 <= other.centre_x <= box.x1 and box.y0 <= middle_y <= box.y1
