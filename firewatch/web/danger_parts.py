"""What a grade was made of, by the form of the table that rated: HTZ, or a standard that the bureau filled in."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from firewatch.danger.class_tables import LimitSide
from firewatch.danger.rating import MARK_RAIN_UNKNOWN, MARK_UNCONFIRMED
from firewatch.domain.danger import HtzParts, PartRole, SumParts
from firewatch.web.danger_schemas import HtzPartOut

if TYPE_CHECKING:
    from firewatch.domain.danger import DangerRating, NamedPart
    from firewatch.domain.weather import Observation
    from firewatch.services.danger_views import GradeLimits, RatedDay
    from firewatch.web.words import Speaker

__all__ = ["formula", "grade_parts_out", "limits_words", "part_values"]

_KMH_PER_MS = 3.6
_HTZ = ("a", "b", "c", "d", "e")
_SIGNS = {PartRole.ADDED: "", PartRole.SUBTRACTED: "−", PartRole.FACTOR: "×"}  # noqa: RUF001 - signs of a sum


def part_values(rating: DangerRating, speaker: Speaker) -> dict[str, float]:
    """Return the points of every part, and their total, by its name in words; nothing where there is no grade."""
    texts = speaker.texts
    match rating.parts:
        case HtzParts() as parts:
            points = {texts.text(f"danger.part.{key}"): float(getattr(parts, key)) for key in _HTZ}
            return {**points, texts.text("danger.part.total"): float(parts.total)}
        case SumParts() as parts:
            named = {_name(part, speaker): round(part.points, 3) for part in parts.parts}
            return {**named, texts.text("danger.part.sum"): round(parts.total, 3)}
        case None:
            return {}


def grade_parts_out(day: RatedDay, rain: str, speaker: Speaker) -> list[HtzPartOut]:
    """Return each part with what went in; nothing where there is no grade. `rain` tells since when it was dry."""
    words = _went_in(day, rain, speaker)
    match day.rating.parts:
        case HtzParts() as parts:
            readings = ("max_temp_c", "min_rh_pct", "dry_days", "max_wind_ms", "month")
            return [
                HtzPartOut(
                    name=speaker.texts.text(f"danger.part.{key}"),
                    sign="−" if key == "e" else "",  # noqa: RUF001 - a minus
                    points=getattr(parts, key),
                    went_in=words[reading],
                    is_unconfirmed=f"{MARK_UNCONFIRMED}.{key}" in day.rating.marks,
                )
                for key, reading in zip(_HTZ, readings, strict=True)
            ]
        case SumParts() as parts:
            return [
                HtzPartOut(
                    name=part.name,
                    sign=_SIGNS[part.role],
                    points=round(part.points, 3),
                    went_in=words.get(part.reading, ""),
                    is_unconfirmed=f"{MARK_UNCONFIRMED}.{part.name}" in day.rating.marks,
                )
                for part in parts.parts
            ]
        case None:
            return []


def formula(rating: DangerRating, speaker: Speaker) -> str:
    """Return how the parts make the total."""
    match rating.parts:
        case HtzParts():
            return "HTZ = A + B + C + D − E"  # noqa: RUF001 - a minus
        case SumParts() as parts:
            roles = {part.role for part in parts.parts}
            key = "danger.formula.factors" if PartRole.FACTOR in roles else "danger.formula"
            return speaker.texts.text(key)
        case None:
            return ""


def limits_words(rating: DangerRating, limits: GradeLimits, speaker: Speaker) -> str:
    """Return which totals have which grade; nothing without one, or where another scheme rated than that in effect."""
    if rating.parts is None or rating.scheme != limits.scheme:
        return ""
    if isinstance(rating.parts, SumParts):
        ranges = _ranges(limits)
        key = "danger.limits.sum"
    else:
        whole = [f"{limit:g}" for limit in limits.limits]
        between = [f"{low + 1:g}–{high:g}" for low, high in pairwise(limits.limits)]  # noqa: RUF001 - a range
        ranges = [f"≤{whole[0]}", *between, f"≥{limits.limits[-1] + 1:g}"]
        key = "danger.limits"
    said = [f"{grade}: {words}" for grade, words in enumerate(ranges, start=1)]
    return speaker.texts.text(key, limits=" · ".join(said))


def _ranges(limits: GradeLimits) -> list[str]:
    upper, lower = ("≤", ">") if limits.limit_in is LimitSide.LOWER else ("<", "≥")
    first, *_, last = limits.limits
    between = [f"{lower}{low:g} {upper}{high:g}" for low, high in pairwise(limits.limits)]
    return [f"{upper}{first:g}", *between, f"{lower}{last:g}"]


def _name(part: NamedPart, speaker: Speaker) -> str:
    if part.role is PartRole.ADDED:
        return part.name
    return speaker.texts.text(f"danger.part.{part.role.value}", name=part.name)


def _went_in(day: RatedDay, rain: str, speaker: Speaker) -> dict[str, str]:
    """Return the readings in words, by the name of what a part reads."""
    is_known = MARK_RAIN_UNKNOWN not in day.rating.marks
    words = {
        "dry_days": rain if is_known else speaker.texts.text(MARK_RAIN_UNKNOWN),
        "month": speaker.texts.text("danger.part.month", month=day.rating.weather_day.month),
    }
    at_noon = ("temp_c", "rh_pct", "wind_ms", "rain_mm")
    words |= dict(zip(at_noon, speaker.weather(day.weather) or [""] * 4, strict=True))
    extremes = ("max_temp_c", "min_rh_pct", "max_wind_ms")
    return words | dict(zip(extremes, _decisive(day.weather, speaker), strict=True))


def _decisive(weather: Observation | None, speaker: Speaker) -> tuple[str, str, str]:
    """Return what parts A, B and D rest on: the day's extremes, or the noon reading where that is more dangerous."""
    if weather is None:
        return "", "", ""
    temp, rh, wind, _ = speaker.weather(weather)
    highest, lowest, strongest = speaker.extremes(weather)
    return (
        temp if weather.max_temp_c is not None and weather.temp_c > weather.max_temp_c else highest,
        rh if weather.min_rh_pct is not None and weather.rh_pct < weather.min_rh_pct else lowest,
        wind if weather.max_wind_ms is not None and weather.wind_kmh / _KMH_PER_MS > weather.max_wind_ms else strongest,
    )
