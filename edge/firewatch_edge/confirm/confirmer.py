"""Confirmation over frames: one frame proves nothing, three of the last six do."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import Bearing, difference_deg
from firewatch.domain.ids import CameraId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.sight import BASE_SPREAD
from firewatch.domain.vision import Box, Look, Sighting, SightingPhase
from firewatch_edge.confirm.matching import grown
from firewatch_edge.confirm.tracks import Found, Track, associate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from numpy.random import Generator

    from firewatch.domain.optics import Calibration
    from firewatch.domain.vision import Detections, FrameStamp
    from firewatch_edge.confirm.rules import Rules

__all__ = ["ConfirmState", "Confirmer", "Viewpoint", "base_bearing"]

# The wire's limit is 16; the latest eight tell the story.
_MOST_LOOKS = 8
# The base is taken this share of the box above its lower edge, where the detector's edge is surer to be smoke.
_LOWER_PART = 0.1


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who looks from where, with which eyes: what every sighting of a pose has in common."""

    tower_id: TowerId
    camera_id: CameraId
    pose_id: PoseId
    calibration: Calibration
    model_sha256: str


@dataclass(frozen=True, slots=True)
class ConfirmState:
    """What one pose remembers between frames; begins empty.

    Parameters
    ----------
    frames : tuple of FrameStamp
        The confirmation window, oldest first.
    tracks : tuple of Track
        The smokes that are followed.
    """

    frames: tuple[FrameStamp, ...] = ()
    tracks: tuple[Track, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """Whether any smoke of this pose is confirmed now."""
        return any(track.is_confirmed for track in self.tracks)

    @property
    def latest_at(self) -> datetime | None:
        """When the newest frame that it knows of was taken; None where it knows of none."""
        known = [frame.captured_at for frame in self.frames]
        known += [track.latest.stamp.captured_at for track in self.tracks]
        return max(known, default=None)

    @property
    def has_candidate(self) -> bool:
        """Whether something is followed that is neither confirmed nor dismissed: worth holding a turning camera for."""
        return any(not track.is_confirmed for track in self.tracks)


class Confirmer:
    """Follows the smokes of one pose and says when one becomes a sighting, changes or ends.

    Parameters
    ----------
    rules : Rules
        When several frames are a sighting.
    viewpoint : Viewpoint
        Whose frames they are.
    randomness : Generator
        For the ids of sightings.
    verified : Rules, optional
        When several frames are one whose hits a look at the past has verified; as `rules` where it is not given.
    """

    def __init__(
        self, rules: Rules, viewpoint: Viewpoint, randomness: Generator, verified: Rules | None = None
    ) -> None:
        self.rules = rules
        self.verified_rules = verified or rules
        self.viewpoint = viewpoint
        self._randomness = randomness

    def under(self, rules: Rules, verified: Rules | None) -> Confirmer:
        """Return one that goes on with the same states by other rules."""
        return Confirmer(rules, self.viewpoint, self._randomness, verified)

    def resume(self, sightings: Iterable[Sighting]) -> ConfirmState:
        """Return the state in which sightings are open that an earlier run of the program reported.

        Parameters
        ----------
        sightings : iterable of Sighting
            The last revision of each, of this viewpoint and calibration.

        Returns
        -------
        ConfirmState
            The next frames carry them on, or end them when they are gone.
        """
        return ConfirmState(tracks=tuple(Track.resume(sighting) for sighting in sightings))

    def step(
        self, state: ConfirmState, stamp: FrameStamp, detections: Detections, *, may_open: bool = True
    ) -> tuple[ConfirmState, tuple[Sighting, ...]]:
        """Take in one frame.

        Parameters
        ----------
        state : ConfirmState
            After the frame before.
        stamp : FrameStamp
            Of this frame; one that is not newer than the last, or repeats it, changes nothing.
        detections : Detections
            What was found in it, best first.
        may_open : bool
            Whether a smoke may begin or become a sighting; what is open is carried on or ended all the same.

        Returns
        -------
        state : ConfirmState
            After this frame.
        changes : tuple of Sighting
            The revisions to report: opened, growing or ended.
        """
        rules = self.rules
        strong = [] if not may_open else _looks(stamp, detections.above(rules.threshold))
        found = Found(strong, weak=_looks(stamp, detections.above(rules.carry_threshold)))
        return self._advance(state, stamp, rules, found)

    def step_verified(
        self,
        state: ConfirmState,
        stamp: FrameStamp,
        verified: Detections,
        carried: Detections,
        weak: Detections | None = None,
    ) -> tuple[ConfirmState, tuple[Sighting, ...]]:
        """Take in one frame whose detections were compared with the view's past.

        A smoke that burns on is in its own past and no longer new: what the detector alone finds carries it on. And
        what was counted by the single frame before there was a past counts on, but opens a sighting only with a hit
        that is verified.

        Parameters
        ----------
        state, stamp
            As of `step`.
        verified : Detections
            What may begin or continue a smoke, with their verified probabilities, best first.
        carried : Detections
            What may continue a sighting that is open, best first; those of `verified` that may do so are among them.
        weak : Detections, optional
            What continues it where nothing better does, best first.

        Returns
        -------
        state, changes
            As of `step`.
        """
        rules = self.verified_rules
        looks = _looks(stamp, verified.above(rules.threshold))
        weaker = [] if weak is None else _looks(stamp, weak)
        return self._advance(state, stamp, rules, Found(looks, _looks(stamp, carried), weaker))

    def _advance(
        self, state: ConfirmState, stamp: FrameStamp, rules: Rules, found: Found
    ) -> tuple[ConfirmState, tuple[Sighting, ...]]:
        if not _is_new(state, stamp):
            return state, ()
        frames = _window(state, stamp, rules)
        hits, fresh = associate(state.tracks, found)
        window_from = frames[0].captured_at
        tracks = [track.advance(hits.get(i), window_from) for i, track in enumerate(state.tracks)]
        tracks = [track.sheltered(hits.values()) for track in tracks]
        tracks += [Track.begin(look) for look in fresh]
        kept: list[Track] = []
        changes: list[Sighting] = []
        for track in sorted(tracks, key=lambda track: (not track.is_confirmed, -track.score)):
            after, change = self._judge(track, frames, kept, rules)
            if after is not None:
                kept.append(after)
            if change is not None:
                changes.append(change)
        return ConfirmState(frames, tuple(kept)), tuple(changes)

    def give_up(self, state: ConfirmState) -> tuple[Sighting, ...]:
        """End all that is followed, for a state that no later frame can continue.

        Parameters
        ----------
        state : ConfirmState
            After the last frame.

        Returns
        -------
        tuple of Sighting
            The last revision of each sighting that was open.
        """
        return tuple(
            self._report(track, track.sighting_id, state.frames, SightingPhase.ENDED)[1]
            for track in state.tracks
            if track.sighting_id is not None
        )

    def _judge(
        self, track: Track, frames: tuple[FrameStamp, ...], kept: list[Track], rules: Rules
    ) -> tuple[Track | None, Sighting | None]:
        """Return the track after this frame (None when it is gone) and what is to be reported of it."""
        if track.sighting_id is not None:
            return self._follow(track, track.sighting_id, frames, rules)
        if not track.looks:
            return None, None
        if not rules.are_met(track):
            return track, None
        if any(other.is_confirmed and other.is_same_plume(track.latest) for other in kept):
            return None, None
        ulid = make_ulid(frames[-1].captured_at, self._randomness.bytes(10))
        return self._report(track, SightingId(ulid), frames, SightingPhase.OPENED)

    def _follow(
        self, track: Track, sighting_id: SightingId, frames: tuple[FrameStamp, ...], rules: Rules
    ) -> tuple[Track | None, Sighting | None]:
        if rules.are_over(track):
            return None, self._report(track, sighting_id, frames, SightingPhase.ENDED)[1]
        has_changed = grown(track.areas) or track.score >= track.reported_score + rules.score_rise
        if track.misses or not (has_changed or track.frames_since_report >= rules.report_every):
            return track, None
        return self._report(track, sighting_id, frames, SightingPhase.GROWING)

    def _report(
        self, track: Track, sighting_id: SightingId, frames: tuple[FrameStamp, ...], phase: SightingPhase
    ) -> tuple[Track, Sighting]:
        looks = (track.looks or (track.latest,))[-_MOST_LOOKS:]
        sighting = Sighting(
            sighting_id=sighting_id,
            revision=track.revision + 1,
            phase=phase,
            tower_id=self.viewpoint.tower_id,
            camera_id=self.viewpoint.camera_id,
            pose_id=self.viewpoint.pose_id,
            calibration_id=self.viewpoint.calibration.calibration_id,
            first_seen_at=track.first_seen_at,
            observed_at=track.latest.stamp.captured_at,
            looks=looks,
            bearing=base_bearing(self.viewpoint.calibration, track.latest),
            score=track.score,
            frames_hit=max(1, len(track.looks)),
            frames_seen=max(1, len(frames), len(track.looks)),
            model_sha256=self.viewpoint.model_sha256,
        )
        said = replace(
            track,
            sighting_id=sighting_id,
            revision=sighting.revision,
            frames_since_report=0,
            reported_score=sighting.score,
            areas=track.areas[-3:],
        )
        return said, sighting


def base_bearing(calibration: Calibration, look: Look) -> Bearing:
    """Return the true bearing of the middle of a box's lower part.

    Parameters
    ----------
    calibration : Calibration
        Of the pose.
    look : Look
        The box and the size of its frame.

    Returns
    -------
    Bearing
        Its sigma joins the calibration's with half of the box's width: a plume leans, and its base stands to the left
        or to the right of the middle.
    """
    box, size = look.box, (look.stamp.width_px, look.stamp.height_px)
    y = box.y1 - _LOWER_PART * box.height
    middle = calibration.bearing_of(box.centre_x, y, *size)
    edges = [calibration.bearing_of(x, y, *size).azimuth_deg for x in (box.x0, box.x1)]
    spread = BASE_SPREAD * abs(difference_deg(edges[1], edges[0]))
    return Bearing(middle.azimuth_deg, min(90.0, math.hypot(middle.sigma_deg, spread)))


def _window(state: ConfirmState, stamp: FrameStamp, rules: Rules) -> tuple[FrameStamp, ...]:
    oldest = stamp.captured_at - timedelta(seconds=rules.window_s)
    inside = tuple(frame for frame in state.frames if frame.captured_at >= oldest)
    return (*inside, stamp)[-rules.window :]


def _is_new(state: ConfirmState, stamp: FrameStamp) -> bool:
    if not state.frames:
        return True
    is_later = stamp.captured_at > state.frames[-1].captured_at
    return is_later and all(frame.sha256 != stamp.sha256 for frame in state.frames)


def _looks(stamp: FrameStamp, detections: Detections) -> list[Look]:
    """Return the hits of a frame as looks, best first."""
    pairs = zip(detections.boxes.tolist(), detections.scores.tolist(), strict=True)
    return [Look(stamp, Box(*corners), score) for corners, score in pairs]
