"""The human-ignition calendar in words: the days ahead with their reasons, and the next windows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.services.ignition import lunar_words, reason_name, reason_words
from firewatch.web.danger_schemas import IgnitionDayOut, IgnitionOut, IgnitionReasonOut, IgnitionWindowOut
from firewatch.web.danger_table import DAYS_AHEAD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from firewatch.services.danger_views import IgnitionBoard, PeopleDay
    from firewatch.services.ignition import IgnitionReason
    from firewatch.texts import Catalogue
    from firewatch.web.words import Speaker

__all__ = ["WINDOW_DAYS", "ignition_out", "reasons_by_day"]

WINDOW_DAYS = 30


def reasons_by_day(board: IgnitionBoard | None, first: date, count: int, speaker: Speaker) -> dict[date, str]:
    """Return the names of each day's reasons, joined; a day without one is not in it."""
    days = () if board is None else board.days(first, count)
    joiner = speaker.texts.text("list.comma")
    named = {one.everywhere.day: [_placed_name(place, each, speaker) for place, each in one.reasons] for one in days}
    return {day: joiner.join(names) for day, names in named.items() if names}


def ignition_out(board: IgnitionBoard, today: date, speaker: Speaker) -> IgnitionOut:
    """Return today and five days on, and what comes within thirty days."""
    days = board.days(today, WINDOW_DAYS + 1)
    shown = days[: DAYS_AHEAD + 1]
    marks = dict.fromkeys(mark for one in shown for mark in one.everywhere.marks)
    return IgnitionOut(
        today=today,
        days=[_day_out(one, speaker) for one in shown],
        windows=_windows(days, speaker),
        sources=list(dict.fromkeys(reason.basis for one in shown for _, reason in one.reasons if reason.basis)),
        notes=[speaker.texts.text(mark) for mark in marks],
    )


def _day_out(one: PeopleDay, speaker: Speaker) -> IgnitionDayOut:
    texts, day = speaker.texts, one.everywhere.day
    return IgnitionDayOut(
        day=day,
        weekday=texts.text(f"weekday.{day.weekday()}"),
        lunar=lunar_words(day, texts),
        multiplier=one.everywhere.multiplier,
        reasons=[_reason_out(place, reason, speaker) for place, reason in one.reasons],
    )


def _reason_out(place: str | None, reason: IgnitionReason, speaker: Speaker) -> IgnitionReasonOut:
    return IgnitionReasonOut(
        key=reason.key,
        place=place,
        words=_at(place, reason_words(reason, speaker.texts), speaker.texts),
        multiplier=reason.multiplier,
        source=reason.source.value,
        basis=reason.basis,
        is_confirmed=reason.is_confirmed,
    )


def _placed_name(place: str | None, reason: IgnitionReason, speaker: Speaker) -> str:
    return _at(place, reason_name(reason, speaker.texts), speaker.texts)


def _at(place: str | None, words: str, texts: Catalogue) -> str:
    return words if place is None else texts.text("ignition.only_at", words=words, place=place)


def _windows(days: Sequence[PeopleDay], speaker: Speaker) -> list[IgnitionWindowOut]:
    """Return each reason's days on end, by their first day; one that may go on behind the last day says so."""
    runs: list[tuple[str | None, IgnitionReason, list[date]]] = []
    for one in days:
        day = one.everywhere.day
        for place, reason in one.reasons:
            run = next((run for run in runs if (run[0], run[1].key) == (place, reason.key)), None)
            if run is None or run[2][-1] != day - timedelta(days=1):
                # The latest first, so that a reason that comes again begins a new run.
                runs.insert(0, (place, reason, [day]))
            else:
                run[2].append(day)
    found = [_window_out(place, reason, on, days, speaker) for place, reason, on in reversed(runs)]
    return sorted(found, key=lambda window: window.first)


def _window_out(
    place: str | None, reason: IgnitionReason, on: Sequence[date], days: Sequence[PeopleDay], speaker: Speaker
) -> IgnitionWindowOut:
    texts = speaker.texts
    name = texts.pick(zh=reason.name_zh, en=reason.name_en) or texts.text("ignition.weekend")
    goes_on = on[-1] == days[-1].everywhere.day
    facts = {"first": f"{on[0]:%m-%d}", "last": f"{on[-1]:%m-%d}"}
    span = "ignition.span.open" if goes_on else "ignition.span.day" if len(on) == 1 else "ignition.span"
    return IgnitionWindowOut(
        key=reason.key,
        place=place,
        name=_at(place, name, texts),
        first=on[0],
        last=on[-1],
        goes_on=goes_on,
        words=texts.text(span, **facts),
        is_confirmed=reason.is_confirmed,
    )
