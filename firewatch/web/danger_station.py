"""A station's danger: the trend, and one day with everything that it was made of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.danger import HtzParts
from firewatch.web.danger_beside import beside_out
from firewatch.web.danger_parts import formula, grade_parts_out, limits_words
from firewatch.web.danger_schemas import (
    CodeOut,
    DangerStationOut,
    DoubtOut,
    MarkOut,
    StationDayOut,
    TrendDayOut,
)
from firewatch.web.danger_table import DAYS_AHEAD, cell_out

if TYPE_CHECKING:
    from datetime import date

    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Observation
    from firewatch.services.danger_views import OpenedStation, RainSpell, RatedDay
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["station_out"]

_TREND_DAYS = 7
_DAY = timedelta(days=1)
_UNCONFIRMED = "danger.mark.to_be_confirmed."
# Inputs of each code and index, in the order in which they are computed.
_WENT_IN = {
    "ffmc": ("temp", "rh", "wind", "rain"),
    "dmc": ("temp", "rh", "rain", "dmc_day"),
    "dc": ("temp", "rain", "dc_day"),
    "isi": ("ffmc", "wind"),
    "bui": ("dmc", "dc"),
    "fwi": ("isi", "bui"),
    "dsr": ("fwi",),
}
_CODES = ("ffmc", "dmc", "dc")


def station_out(
    services: WebServices, station_id: StationId, day: date | None, speaker: Speaker
) -> DangerStationOut | None:
    """Return a station with one day opened (today, else the latest before); None for a station on no map."""
    board, at = services.danger, services.clock.now()
    today = at.astimezone(speaker.time_zone).date()
    changes = board.changes()
    first = today - (_TREND_DAYS - 1) * _DAY
    found = board.station(station_id, first, today + DAYS_AHEAD * _DAY, at)
    if found is None:
        return None
    dates = [first + n * _DAY for n in range(_TREND_DAYS + DAYS_AHEAD)]
    by_date = {one.rating.weather_day: one for one in found.days}
    chosen = day if day is not None and first <= day <= dates[-1] else _today_or_before(by_date, today)
    opened = by_date.get(chosen)
    return DangerStationOut(
        at=at,
        changes=changes,
        station_id=station_id,
        name=speaker.station(station_id),
        area=speaker.area_of(station_id),
        scale=speaker.texts.text("danger.scale"),
        today=today,
        day=chosen,
        opened=None if opened is None else _with_others(_day_out(opened, found, speaker), opened, services, speaker),
        trend=[_trend(found, date_, by_date.get(date_), speaker) for date_ in dates],
    )


def _with_others(out: StationDayOut, day: RatedDay, services: WebServices, speaker: Speaker) -> StationDayOut:
    """Return a day with its FWI by other scales."""
    if services.classes is None:
        return out
    return out.model_copy(update={"beside": beside_out(services.classes, day.rating, speaker)})


def _today_or_before(days: dict[date, RatedDay], today: date) -> date:
    known = [day for day in days if day <= today]
    return max(known, default=today)


def _trend(found: OpenedStation, day: date, known: RatedDay | None, speaker: Speaker) -> TrendDayOut:
    numbers = {} if known is None else _numbers(known)
    cell = cell_out(found.danger, day, None if known is None else known.weather, speaker)
    return TrendDayOut(
        cell=cell,
        ffmc=numbers.get("ffmc"),
        dmc=numbers.get("dmc"),
        dc=numbers.get("dc"),
        isi=numbers.get("isi"),
        bui=numbers.get("bui"),
        fwi=numbers.get("fwi"),
    )


def _numbers(day: RatedDay) -> dict[str, float]:
    codes, indices = day.rating.codes, day.rating.indices
    return {
        "ffmc": round(codes.ffmc, 1),
        "dmc": round(codes.dmc, 1),
        "dc": round(codes.dc, 1),
        "isi": round(indices.isi, 1),
        "bui": round(indices.bui, 1),
        "fwi": round(indices.fwi, 1),
        "dsr": round(indices.dsr, 1),
    }


def _day_out(day: RatedDay, found: OpenedStation, speaker: Speaker) -> StationDayOut:
    rating = day.rating
    spell = next(one for one in found.spells if one.until == rating.weather_day)
    return StationDayOut(
        cell=cell_out(found.danger, rating.weather_day, day.weather, speaker),
        scheme=rating.scheme,
        method=rating.method,
        htz=grade_parts_out(day, _rain(spell, speaker), speaker),
        formula=formula(rating, speaker),
        total=None if rating.parts is None else round(rating.parts.total, 3),
        limits=limits_words(rating, found.limits, speaker),
        start=speaker.texts.text("danger.before.start" if day.is_start else "danger.before"),
        codes=_codes(day, speaker),
        weather=speaker.weather(day.weather) + speaker.extremes(day.weather),
        rain=_rain(spell, speaker),
        marks=_marks(day, speaker),
        doubts=_doubts(day.weather, speaker),
    )


def _codes(day: RatedDay, speaker: Speaker) -> list[CodeOut]:
    numbers, before = _numbers(day), day.before
    words = _input_words(day, numbers, speaker)
    yesterday = {"ffmc": before.ffmc, "dmc": before.dmc, "dc": before.dc}
    return [
        CodeOut(
            name=speaker.texts.text(f"danger.part.{name}"),
            value=numbers[name],
            before=round(yesterday[name], 1) if name in _CODES else None,
            went_in=[words[one] for one in _WENT_IN[name] if one in words],
        )
        for name in _WENT_IN
    ]


def _input_words(day: RatedDay, numbers: dict[str, float], speaker: Speaker) -> dict[str, str]:
    words = {name: f"{name.upper()} {value:g}" for name, value in numbers.items()}
    weather = speaker.weather(day.weather)
    words |= dict(zip(("temp", "rh", "wind", "rain"), weather, strict=False))
    if day.day_length is not None:
        words["dmc_day"] = speaker.texts.text("danger.day_length.dmc", value=f"{day.day_length.dmc_h:g}")
        words["dc_day"] = speaker.texts.text("danger.day_length.dc", value=f"{day.day_length.dc_factor:+g}")
    return words


def _rain(spell: RainSpell, speaker: Speaker) -> str:
    texts = speaker.texts
    if spell.rained_on is not None:
        days = (spell.until - spell.rained_on).days
        key = "danger.rain.days" if days else "danger.rain.today"
        return texts.text(key, days=days, day=f"{spell.rained_on:%m-%d}")
    if spell.known_since is None:
        return texts.text("danger.rain.unknown")
    return texts.text("danger.rain.at_least", days=(spell.until - spell.known_since).days + 1)


def _marks(day: RatedDay, speaker: Speaker) -> list[MarkOut]:
    texts = speaker.texts
    keys = [mark for mark in day.rating.marks if not mark.startswith(_UNCONFIRMED)]
    marks = [MarkOut(words=_known(key, speaker) or key, meaning=_known(f"{key}.meaning", speaker)) for key in keys]
    unverified = speaker.unverified(day.rating)
    if unverified:
        is_htz = isinstance(day.rating.parts, HtzParts)
        meaning = texts.text("danger.unverified.meaning" if is_htz else "danger.unverified.copy")
        marks.append(MarkOut(words=unverified, meaning=meaning))
    return marks


def _known(key: str, speaker: Speaker) -> str:
    return speaker.texts.text(key) if speaker.texts.has(key) else ""


def _doubts(weather: Observation | None, speaker: Speaker) -> list[DoubtOut]:
    if weather is None:
        return []
    texts = speaker.texts
    return [
        DoubtOut(
            field=_known(f"weather.field.{one.field}", speaker) or one.field,
            kind=texts.text(one.kind.text_key),
            meaning=texts.text(f"{one.kind.text_key}.meaning"),
            why=one.why,
        )
        for one in weather.doubts
    ]
