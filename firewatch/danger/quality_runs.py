"""Steps and standstills in one series of readings, sorted by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["FlatRun", "flat_runs", "lone_steps"]

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class FlatRun:
    """One and the same figure over some time.

    Parameters
    ----------
    value : float
        The figure.
    hours : float
        From its first reading to its last [h].
    numbers : range
        Places of its readings in the series.
    """

    value: float
    hours: float
    numbers: range


def _hours(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / _SECONDS_PER_HOUR


def lone_steps(
    times: Sequence[datetime], values: Sequence[float], most: float | None, gap_h: float, unit: str
) -> Iterator[tuple[int, str]]:
    """Return the readings that are too far from their neighbours on each side that has one, and why.

    Parameters
    ----------
    times, values : sequences of one length
        Sorted by time.
    most : float or None
        Largest change of an hour; None looks at nothing. Over less than an hour the same is allowed.
    gap_h : float
        Readings further apart are no neighbours [h].
    unit : str
        For the explanation.
    """
    if most is None:
        return
    for number in range(len(times)):
        beside = [_neighbour(times, number, -1, gap_h), _neighbour(times, number, 1, gap_h)]
        steps = [(other, _excess(times, values, number, other, most)) for other in beside if other is not None]
        if steps and all(excess > 0.0 for _, excess in steps):
            other = steps[0][0]
            change, hours = values[number] - values[other], abs(_hours(times[other], times[number]))
            seen = f"{change:+.3g} {unit} against the reading {hours:.3g} h {'before' if other < number else 'after'}"
            yield number, f"{seen}; at most {most:g} in an hour"


def _excess(times: Sequence[datetime], values: Sequence[float], number: int, other: int, most: float) -> float:
    hours = max(1.0, abs(_hours(times[other], times[number])))
    return abs(values[number] - values[other]) - most * hours


def _neighbour(times: Sequence[datetime], number: int, direction: int, gap_h: float) -> int | None:
    """Return the nearest reading of another instant before or after, None where there is none near enough."""
    other = number + direction
    while 0 <= other < len(times) and times[other] == times[number]:
        other += direction
    if not 0 <= other < len(times) or abs(_hours(times[other], times[number])) > gap_h:
        return None
    return other


def flat_runs(times: Sequence[datetime], values: Sequence[float], gap_h: float) -> Iterator[FlatRun]:
    """Return the stretches of one and the same figure, single readings too; a gap ends one."""
    start = 0
    for number in range(1, len(times) + 1):
        goes_on = (
            number < len(times)
            and values[number] == values[start]
            and _hours(times[number - 1], times[number]) <= gap_h
        )
        if not goes_on:
            yield FlatRun(values[start], _hours(times[start], times[number - 1]), range(start, number))
            start = number
