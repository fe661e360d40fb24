"""What speaks for a fire or against it besides the detector: each fact, and how strongly it speaks, from -1 to 1.

A strength of 0 says nothing, and is what missing information has. How much a full strength is worth is the weight's
business (`firewatch.fusion.triage`), so that no fact can ever say more than its weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from firewatch.domain.checks import require_at_least, require_between, require_text

__all__ = [
    "HALF_PERSISTENCE_S",
    "Agreement",
    "Growth",
    "Ignitions",
    "LocalHour",
    "NearHotspot",
    "NearSource",
    "Persistence",
    "PlaceHistory",
    "unit",
]

# After so long persistence says half of what it can: a cloud's shadow, glare and headlights are gone by then, and a
# fire that an alert waits for is not yet large. A design choice.
HALF_PERSISTENCE_S = 240.0
# The published rule calls a smoke growing from a ratio of 1.2 (`growth_ratio`); twice the area says all that it can.
_FULL_GROWTH = 2.0
# Bearings that disagree so much only once in 100 fires speak against one smoke as much as perfect ones speak for it.
_DOUBTFUL_CHANCE = 0.01
# Two masts always cross somewhere: that they do so within range and in time says half of what three can say.
_UNCHECKED = 0.5
# Before a smoke is seen, or after it is gone, a hotspot of its place is less and less likely of it. A design choice.
_HOTSPOT_HALF_LIFE_MIN = 60.0
# Ten times as many ignitions as usual says all that the calendar can.
_FULL_IGNITIONS = 10.0
# Human activity outdoors, and with it ignitions, is highest in the early afternoon: a smooth day with its top there.
_BUSIEST_HOUR, _HOURS = 14.0, 24.0
# As many decisions of even odds are assumed of every place: one false alarm does not make a place a chimney.
_PRIOR_DECISIONS = 2.0
# So many false alarms and never a fire (4 to 1 with the prior) say all that a place's past can.
_FULL_ODDS = 4.0


def unit(value: float) -> float:
    """Return the number, not below -1 and not above 1."""
    return max(-1.0, min(1.0, value))


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a smoke has been seen, and how steadily.

    Parameters
    ----------
    seconds : float
        From the first frame to the latest, by all cameras together [s].
    steadiness : float
        Share of the frames in which it was found, 0 to 1.
    """

    seconds: float
    steadiness: float = 1.0

    def __post_init__(self) -> None:
        require_at_least("seconds seen", self.seconds, 0.0)
        require_between("steadiness", self.steadiness, 0.0, 1.0)

    @property
    def strength(self) -> float:
        """0 at first sight, rising with time and steadiness towards 1."""
        return self.steadiness * self.seconds / (self.seconds + HALF_PERSISTENCE_S)


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much a smoke has grown.

    Parameters
    ----------
    ratio : float
        Of its area late to that early, above 0 (`firewatch.fusion.growth.growth_ratio`).
    """

    ratio: float

    def __post_init__(self) -> None:
        require_between("growth", self.ratio, 1e-6, 1e6)

    @property
    def strength(self) -> float:
        """1 for twice the area, 0 for the same, -1 for half."""
        return unit(math.log(self.ratio) / math.log(_FULL_GROWTH))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well the bearings of several masts agree on one place.

    Parameters
    ----------
    masts : int
        Independent places that see it, at least 2.
    crossing_deg : float
        The angle nearest to a right one at which two of them cross, 0 to 90 [deg].
    chance : float or None
        How likely true bearings of one smoke disagree at least this much; None with two masts, which cannot.
    """

    masts: int
    crossing_deg: float
    chance: float | None

    def __post_init__(self) -> None:
        require_at_least("masts", self.masts, 2)
        require_between("crossing angle (deg)", self.crossing_deg, 0.0, 90.0)
        if self.chance is not None:
            require_between("chance of the residuals", self.chance, 0.0, 1.0)

    @property
    def masts_strength(self) -> float:
        """0.5 for two masts, 2/3 for three, rising towards 1: the second says most."""
        return 1.0 - 1.0 / self.masts

    @property
    def strength(self) -> float:
        """Of the geometry: up to 1 where well-crossed bearings agree, below 0 where they do not (to -1)."""
        if self.chance is None:
            agreement = _UNCHECKED
        else:
            # 1 at a chance of 1, 0 at 0.1, -1 at 0.01 and below.
            agreement = unit(1.0 - 2.0 * math.log(max(self.chance, 1e-300)) / math.log(_DOUBTFUL_CHANCE))
        # Nearly parallel bearings agree whatever they are of; but disagreement is none the smaller for it.
        return agreement * (math.sin(math.radians(self.crossing_deg)) if agreement > 0.0 else 1.0)


@dataclass(frozen=True, slots=True)
class NearHotspot:
    """Heat that a satellite saw, and that may well be of the smoke (`firewatch.fusion.hotspots.match_hotspot`).

    Parameters
    ----------
    distance_m : float
        From the smoke, or from the line to it, to the middle of the picture element [m].
    chi_square : float
        How far that is, against the errors of both.
    minutes : float
        Between the satellite's picture and the first frame, either way [min].
    apart_min : float
        Between the satellite's picture and the nearest time at which the smoke was seen [min].
    sureness : float
        How sure the source is of a fire, 0 to 1.
    is_located : bool
        Whether the smoke has a position: a bearing alone also meets every fire before and behind it.
    """

    distance_m: float
    chi_square: float
    minutes: float
    apart_min: float
    sureness: float
    is_located: bool = True

    def __post_init__(self) -> None:
        require_at_least("distance of the hotspot (m)", self.distance_m, 0.0)
        require_at_least("chi-square of the hotspot", self.chi_square, 0.0)
        require_at_least("minutes to the hotspot", self.minutes, 0.0)
        require_at_least("minutes apart from the hotspot", self.apart_min, 0.0)
        require_between("sureness of the hotspot", self.sureness, 0.0, 1.0)

    @property
    def strength(self) -> float:
        """The sureness, times the chance that the smoke's own lies so far off; half after an hour, half on a line.

        With errors in two directions that chance is exp(-chi-square / 2).
        """
        chance = math.exp(-0.5 * self.chi_square) * (1.0 if self.is_located else 0.5)
        return float(self.sureness * chance * 0.5 ** (self.apart_min / _HOTSPOT_HALF_LIFE_MIN))


@dataclass(frozen=True, slots=True)
class LocalHour:
    """The time of the day, 0 to 24 [h], by the bureau's clock."""

    hour: float

    def __post_init__(self) -> None:
        require_between("hour of the day", self.hour, 0.0, _HOURS)

    @property
    def strength(self) -> float:
        """1 at 14:00, -1 at 02:00, a cosine between."""
        return math.cos(2.0 * math.pi * (self.hour - _BUSIEST_HOUR) / _HOURS)


@dataclass(frozen=True, slots=True)
class Ignitions:
    """What the calendar of ignitions says of the day: `times` as many as on other days, above 0."""

    times: float

    def __post_init__(self) -> None:
        require_between("ignitions, times the usual", self.times, 1e-6, 1e6)

    @property
    def strength(self) -> float:
        """1 for ten times as many, 0 for as many as usual."""
        return unit(math.log(self.times) / math.log(_FULL_IGNITIONS))


@dataclass(frozen=True, slots=True)
class NearSource:
    """A known source of smoke that may be what the cameras see.

    Parameters
    ----------
    name_zh, name_en : str
        As pages show it.
    sigmas : float
        How far off it lies, in standard deviations of the position, or of the bearing where there is no position.
    is_located : bool
        Whether the smoke has a position: a bearing alone also meets everything before and behind the source.
    """

    name_zh: str
    name_en: str
    sigmas: float
    is_located: bool

    def __post_init__(self) -> None:
        require_text("Chinese name of the source", self.name_zh, 80)
        require_text("English name of the source", self.name_en, 80)
        require_at_least("sigmas to the source", self.sigmas, 0.0)

    @property
    def strength(self) -> float:
        """1 at the source, 0.6 a standard deviation off, 0.01 at three; half of it by a bearing alone."""
        return (1.0 if self.is_located else 0.5) * math.exp(-0.5 * self.sigmas**2)


@dataclass(frozen=True, slots=True)
class PlaceHistory:
    """What operators decided about smokes near: each counts less with its distance and age.

    Parameters
    ----------
    fires, false_alarms : float
        Weighted counts, at least 0.
    """

    fires: float
    false_alarms: float

    def __post_init__(self) -> None:
        for what, count in (("fires near", self.fires), ("false alarms near", self.false_alarms)):
            require_at_least(what, count, 0.0)

    @property
    def strength(self) -> float:
        """The shrunk log ratio of fires to false alarms; exactly 0 where nothing was decided."""
        ratio = math.log((self.fires + _PRIOR_DECISIONS) / (self.false_alarms + _PRIOR_DECISIONS))
        return unit(ratio / math.log(_FULL_ODDS))
