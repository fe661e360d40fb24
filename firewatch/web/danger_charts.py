"""Small charts of the trend, drawn by the server: they need no script and print well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.web.danger_schemas import DangerStationOut
    from firewatch.web.words import Speaker

__all__ = ["HEIGHT", "WIDTH", "Chart", "charts"]

WIDTH, HEIGHT = 240, 84
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 8.0, 12.0, 10.0
_NAMES = ("ffmc", "dmc", "dc", "isi", "bui", "fwi")
# A line is only drawn through days that follow each other.
_LEAST_POINTS = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """One code over the days: dots, the lines through observed and through forecast days, and where today is.

    Parameters
    ----------
    name : str
        In words.
    now : str
        The value of the opened day, "—" where it has none.
    low, high : str
        The scale's ends.
    observed, forecast : tuple of str
        Points of SVG polylines; a missing day breaks a line.
    dots : tuple of (float, float, str, bool)
        x, y, what it is in words, and whether it is of a forecast.
    opened_x : float
        Of the opened day.
    """

    name: str
    now: str
    low: str
    high: str
    observed: tuple[str, ...]
    forecast: tuple[str, ...]
    dots: tuple[tuple[float, float, str, bool], ...]
    opened_x: float


def charts(found: DangerStationOut, speaker: Speaker) -> list[Chart]:
    """Return a chart for each code that has at least one value."""
    drawn = (_chart(name, found, speaker) for name in _NAMES)
    return [chart for chart in drawn if chart is not None]


def _chart(name: str, found: DangerStationOut, speaker: Speaker) -> Chart | None:
    values: list[float | None] = [getattr(day, name) for day in found.trend]
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    is_ahead = [day.cell.kind == "forecast" for day in found.trend]
    xs = [_LEFT + n * (WIDTH - _LEFT - _RIGHT) / (len(values) - 1) for n in range(len(values))]
    ys = [None if value is None else _y(value, low, high) for value in values]
    days = [day.cell.day for day in found.trend]
    opened = days.index(found.day)
    dots = tuple(
        (round(x, 1), round(y, 1), f"{day:%m-%d} {value:g}", ahead)
        for x, y, day, value, ahead in zip(xs, ys, days, values, is_ahead, strict=True)
        if y is not None and value is not None
    )
    now = values[opened]
    return Chart(
        name=speaker.texts.text(f"danger.part.{name}"),
        now="—" if now is None else f"{now:g}",
        low=f"{low:g}",
        high=f"{high:g}",
        observed=_lines(xs, [None if ahead else y for y, ahead in zip(ys, is_ahead, strict=True)]),
        # The line goes on from the last observed day.
        forecast=_lines(xs, [y if _is_near(n, is_ahead) else None for n, y in enumerate(ys)]),
        dots=dots,
        opened_x=round(xs[opened], 1),
    )


def _is_near(place: int, is_ahead: Sequence[bool]) -> bool:
    return is_ahead[place] or (place + 1 < len(is_ahead) and is_ahead[place + 1])


def _y(value: float, low: float, high: float) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def _lines(xs: Sequence[float], ys: Sequence[float | None]) -> tuple[str, ...]:
    lines: list[list[str]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            lines.append([])
        else:
            lines[-1].append(f"{x:.1f},{y:.1f}")
    return tuple(" ".join(line) for line in lines if len(line) >= _LEAST_POINTS)
