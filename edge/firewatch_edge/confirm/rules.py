"""When several frames are a sighting, and how the fire danger of the place moves that."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.domain.scales import DangerGrade
    from firewatch_edge.confirm.tracks import Track

__all__ = ["CARRY_ON", "DangerShift", "Rules"]

# Pyronear's engine lets what alerts go on alerting at 0.8 of its threshold.
CARRY_ON = 0.8
_LEAST_MISSES = 2


@dataclass(frozen=True, slots=True)
class Rules:
    """When several frames are a sighting.

    Parameters
    ----------
    threshold : float
        Calibrated probability from which a detection is a hit, 0 to 1.
    hits, window : int
        So many hits among the last so many frames.
    window_s : float
        The window is never longer than this [s], so that hits hours apart prove nothing.
    report_every : int
        A sighting that goes on is reported at least every so many frames.
    score_rise : float
        ... and at once when its score has risen by this much.
    span_s : float
        From the first to the last of the hits [s], where more than one is wanted: hits of one moment are one hit.
    least_misses : int
        A sighting ends no sooner than after so many frames without it, however long ago its last hit is: a camera on
        patrol comes back after the window is over, and one frame that misses the smoke proves nothing.
    carry_on : float
        Share of the threshold from which a sighting that is open is carried on, above 0 to 1: what flickers around the
        threshold is one smoke, not many.
    """

    threshold: float
    hits: int = 3
    window: int = 6
    window_s: float = 600.0
    report_every: int = 6
    score_rise: float = 0.15
    span_s: float = 0.0
    least_misses: int = 1
    carry_on: float = CARRY_ON

    def __post_init__(self) -> None:
        require_between("confirmation threshold", self.threshold, 0.0, 1.0)
        require_at_least("confirmation hits", self.hits, 1)
        require_at_least("confirmation window (frames)", self.window, self.hits)
        require_at_least("confirmation window (s)", self.window_s, 0.001)
        require_at_least("frames between reports", self.report_every, 1)
        require_between("score rise", self.score_rise, 0.0, 1.0)
        require_between("confirmation span (s)", self.span_s, 0.0, self.window_s)
        require_at_least("frames without a sighting that ends", self.least_misses, 1)
        require_between("share of the threshold to carry on", self.carry_on, 0.01, 1.0)

    @property
    def carry_threshold(self) -> float:
        """Calibrated probability from which a sighting that is open is carried on."""
        return self.carry_on * self.threshold

    @property
    def step_s(self) -> float:
        """Frames sooner than this after the last are no new look [s]: a window of them would never reach `span_s`."""
        return self.span_s / (self.window - 1) if self.hits > 1 else 0.0

    def are_met(self, track: Track) -> bool:
        """Tell whether a track has hits enough, the last of them in the latest frame."""
        has_span = self.hits == 1 or track.span_s >= self.span_s
        return len(track.looks) >= self.hits and has_span and track.misses == 0

    def are_over(self, track: Track) -> bool:
        """Tell whether a sighting is gone: no hit in the window, and none in as many frames as make a sighting.

        A camera that turns comes back after half an hour, and its window then holds one frame: one frame without smoke
        ends nothing, as one frame with smoke begins nothing.
        """
        return not track.looks and track.misses >= max(_LEAST_MISSES, self.hits, self.least_misses)


@dataclass(frozen=True, slots=True)
class DangerShift:
    """How the fire danger of the place moves the thresholds: both ways, within bounds.

    A calibrated probability already holds how often smoke is seen on an ordinary day. On a day when fires are k times
    as likely, the same picture has k times the odds; the threshold's odds are divided by what of that is believed.

    Parameters
    ----------
    odds : tuple of float, length 5
        By grade, 1 to 5: what the threshold's odds are multiplied by, 0.1 to 2, never rising with the danger.
    lowest, highest : float
        No threshold is moved below or above these probabilities.
    """

    odds: tuple[float, float, float, float, float] = (1.25, 1.0, 1.0, 0.9, 0.8)
    lowest: float = 0.2
    highest: float = 0.98

    def __post_init__(self) -> None:
        for factor in self.odds:
            require_between("odds by danger grade", factor, 0.1, 2.0)
        if any(later > earlier for earlier, later in itertools.pairwise(self.odds)):
            raise InvalidValue("odds by danger grade", list(self.odds), "none larger than the one before")
        require_between("lowest threshold", self.lowest, 0.0, 1.0)
        require_between("highest threshold", self.highest, self.lowest, 1.0)

    def moved(self, rules: Rules, grade: DangerGrade | None) -> Rules:
        """Return the rules for a danger grade; without one they stay as they are."""
        if grade is None:
            return rules
        before = rules.threshold
        after = _at_odds(before, self.odds[grade.value - 1])
        # A threshold that is beyond a bound by itself stays where it is, but moves no further.
        return replace(rules, threshold=min(max(self.highest, before), max(min(self.lowest, before), after)))


def _at_odds(probability: float, factor: float) -> float:
    """Return the probability whose odds are so many times those of another.

    In this order no rounding lets a larger factor give less, and 1 gives the same.
    """
    scaled = factor * probability
    if factor == 1.0 or scaled == 0.0:
        return min(probability, scaled)
    after = 1.0 / (1.0 + (1.0 - probability) / scaled)
    return max(probability, after) if factor > 1.0 else min(probability, after)
