"""SIMULATED decisions of operators, by stated assumptions: there are no real ones yet.

Nothing here is fitted to any data. Each kind of smoke has a share, and draws for the score, how long it lasts, how it
grows, who sees it, when and where; places of chimneys and cemeteries smoke again and again. What comes out shows that
the learning works and what each kind of evidence could bring if these assumptions held; it says nothing about a real
forest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import SightingId, TowerId
from firewatch.domain.sites import Name
from firewatch.domain.smoke_source import SmokeKind, SmokeSource
from firewatch.fusion.belief import Evidence, TowerScore, strengths_of
from firewatch.fusion.evidence import Agreement, Growth, Ignitions, LocalHour, NearHotspot, Persistence
from firewatch.fusion.nearby import Decided, history_at, source_at
from firewatch.fusion.triage import TERMS, TriageCase
from firewatch.geodesy import direct

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

__all__ = ["SIMULATED_KINDS", "SimulatedKind", "simulate_cases"]

_CENTRE = Position(26.90, 112.60)
_HALF_SIDE_M = 20_000.0
_START = datetime(2024, 1, 1, tzinfo=UTC)
_ERROR_M = 150.0
_NEAR_DEG = 0.03
_PERIODIC = {"chimney": 8, "cemetery": 6}  # places that smoke again; two of three are in the file of known sources
_FESTIVAL_DAYS = frozenset(range(90, 100))  # of the year, as Qingming


@dataclass(frozen=True, slots=True)
class SimulatedKind:
    """What is assumed of one kind of smoke.

    Parameters
    ----------
    name : str
        As in the tables.
    share : float
        Of all incidents.
    score : tuple of float
        Mean and standard deviation of the detector's log-odds.
    minutes : tuple of float
        Median, and standard deviation of the logarithm, of how long it was seen before somebody decided.
    growth : float
        Mean logarithm of the growth; its standard deviation is 0.4 for all.
    masts : tuple of float
        Chances of one, two and three masts.
    ghost : float
        Chance that several bearings are not of one smoke.
    hotspot : float
        Chance of a hotspot near.
    hours : tuple of float
        Mean and standard deviation of the hour.
    grade : float
        Mean danger level, 0 to 1.
    """

    name: str
    share: float
    score: tuple[float, float]
    minutes: tuple[float, float]
    growth: float
    masts: tuple[float, float, float]
    ghost: float
    hotspot: float
    hours: tuple[float, float]
    grade: float


SIMULATED_KINDS = (
    SimulatedKind("fire", 0.35, (1.8, 1.2), (6.0, 0.6), 0.50, (0.40, 0.40, 0.20), 0.05, 0.25, (14.0, 3.5), 0.60),
    SimulatedKind("chimney", 0.20, (0.9, 1.0), (9.0, 0.7), 0.00, (0.50, 0.35, 0.15), 0.05, 0.05, (12.0, 5.0), 0.45),
    SimulatedKind("cemetery", 0.10, (1.0, 1.0), (4.0, 0.6), 0.05, (0.60, 0.30, 0.10), 0.05, 0.01, (11.0, 2.5), 0.50),
    SimulatedKind("farm", 0.15, (1.2, 1.1), (6.0, 0.6), 0.30, (0.50, 0.35, 0.15), 0.05, 0.06, (10.0, 3.0), 0.50),
    SimulatedKind("cloud", 0.20, (0.1, 1.0), (2.0, 0.6), 0.00, (0.85, 0.14, 0.01), 0.70, 0.01, (9.0, 4.0), 0.35),
)


def simulate_cases(rng: np.random.Generator, count: int = 1500, days: int = 730) -> tuple[TriageCase, ...]:
    """Return so many SIMULATED decided incidents over a period.

    Parameters
    ----------
    rng : Generator
        The same seed gives the same cases.
    count, days : int
        How many, over how long.
    """
    places = {name: [_anywhere(rng) for _ in range(number)] for name, number in _PERIODIC.items()}
    sources = _sources(places)
    past: list[Decided] = []
    cases = []
    for number, at_day in enumerate(sorted(rng.uniform(0.0, days, count))):
        at = _START + timedelta(days=int(at_day))
        kind = _kind(rng, at)
        hour = float(rng.normal(*kind.hours)) % 24.0
        at += timedelta(hours=hour)
        true = places[kind.name][rng.integers(len(places[kind.name]))] if kind.name in places else _anywhere(rng)
        seen = direct(true, float(rng.uniform(0.0, 360.0)), abs(float(rng.normal(0.0, _ERROR_M))))
        evidence = _evidence(rng, kind, seen, at, sources, past)
        strengths = strengths_of(evidence)
        was_fire = kind.name == "fire"
        cases.append(
            TriageCase(
                f"simulated-{number}",
                at.date(),
                f"{seen.lat_deg:.2f} {seen.lon_deg:.2f}",
                was_fire,
                "confirmed" if was_fire else f"rejected:{kind.name}",
                tuple(strengths[term] for term in TERMS),
            )
        )
        past.append(Decided(seen, at, was_fire))
    return tuple(cases)


def _anywhere(rng: np.random.Generator) -> Position:
    east, north = rng.uniform(-_HALF_SIDE_M, _HALF_SIDE_M, 2)
    return direct(direct(_CENTRE, 90.0 if east > 0 else 270.0, abs(east)), 0.0 if north > 0 else 180.0, abs(north))


def _sources(places: dict[str, list[Position]]) -> tuple[SmokeSource, ...]:
    kinds = {"chimney": SmokeKind.CHIMNEY, "cemetery": SmokeKind.SACRIFICE}
    return tuple(
        SmokeSource(f"{name}-{n}", Name(f"模拟 {name} {n}", f"Simulated {name} {n}"), kinds[name], (place,), 150.0)
        for name, found in places.items()
        for n, place in enumerate(found)
        if n % 3
    )


def _kind(rng: np.random.Generator, at: datetime) -> SimulatedKind:
    is_festival = at.timetuple().tm_yday in _FESTIVAL_DAYS
    more = {"fire": 3.0, "cemetery": 8.0} if is_festival else {}
    shares = [kind.share * more.get(kind.name, 1.0) for kind in SIMULATED_KINDS]
    return SIMULATED_KINDS[int(rng.choice(len(SIMULATED_KINDS), p=[share / sum(shares) for share in shares]))]


def _evidence(
    rng: np.random.Generator,
    kind: SimulatedKind,
    seen: Position,
    at: datetime,
    sources: Sequence[SmokeSource],
    past: Sequence[Decided],
) -> Evidence:
    masts = int(rng.choice(3, p=kind.masts)) + 1
    fix = Fix(seen, ErrorEllipse(2.0 * _ERROR_M, _ERROR_M, 0.0)) if masts > 1 else None
    log_odds = rng.normal(kind.score[0], kind.score[1], masts)
    probabilities = 1.0 / (1.0 + 2.718281828459045**-log_odds)
    near = [
        one for one in past if abs(one.place.lat_deg - seen.lat_deg) + abs(one.place.lon_deg - seen.lon_deg) < _NEAR_DEG
    ]
    return Evidence(
        scores=tuple(
            TowerScore(TowerId(f"tower-{n}"), SightingId(f"sighting-{n}"), 1, float(p))
            for n, p in enumerate(probabilities)
        ),
        persistence=Persistence(60.0 * kind.minutes[0] * float(rng.lognormal(0.0, kind.minutes[1])), 0.9),
        growth=Growth(float(rng.lognormal(kind.growth, 0.4))) if rng.random() < 0.7 else None,  # noqa: PLR2004
        agreement=None if fix is None else _agreement(rng, kind, masts),
        hotspot=_hotspot(rng, kind) if fix is not None else None,
        danger_level=float(rng.binomial(4, kind.grade)) / 4.0,
        hour=LocalHour(float(at.hour)),
        ignitions=Ignitions(4.0) if at.timetuple().tm_yday in _FESTIVAL_DAYS else None,
        source=None if fix is None else source_at(sources, fix, at),
        history=None if fix is None else history_at(near, seen, at),
    )


def _agreement(rng: np.random.Generator, kind: SimulatedKind, masts: int) -> Agreement:
    chance = float(rng.random())
    if rng.random() < kind.ghost:
        # Bearings of several smokes, which still passed for one: their residuals are large.
        chance **= 4
    return Agreement(masts, float(rng.uniform(15.0, 90.0)), None if masts == 2 else chance)  # noqa: PLR2004


def _hotspot(rng: np.random.Generator, kind: SimulatedKind) -> NearHotspot | None:
    if rng.random() > kind.hotspot:
        return None
    distance_m, minutes = abs(float(rng.normal(0.0, 500.0))), float(rng.uniform(0.0, 60.0))
    return NearHotspot(distance_m, (distance_m / 600.0) ** 2, minutes, minutes, 0.8)
