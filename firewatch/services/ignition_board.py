"""The human-ignition calendar as pages read it: days on end, with what holds only somewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.services.danger_views import PeopleDay
from firewatch.services.ignition import ignition_day

if TYPE_CHECKING:
    from datetime import date

    from firewatch.danger.ignition_calendar import IgnitionCalendar
    from firewatch.danger.occurrence import OccurrenceModel

__all__ = ["IgnitionPages"]


class IgnitionPages:
    """Fulfils `firewatch.services.danger_views.IgnitionBoard`.

    Parameters
    ----------
    calendar : IgnitionCalendar
        The region's table.
    model : OccurrenceModel or None
        Of the bureau's own fires.
    """

    def __init__(self, calendar: IgnitionCalendar, model: OccurrenceModel | None = None) -> None:
        self._calendar = calendar
        self._model = model
        self._places = sorted({place for occasion in calendar.occasions for place in occasion.places})

    def days(self, first: date, count: int) -> tuple[PeopleDay, ...]:
        """Return so many days, in order, from the first on; raise `InvalidValue` beyond the lunar calendar."""
        return tuple(self._day(first + timedelta(days=ahead)) for ahead in range(count))

    def _day(self, day: date) -> PeopleDay:
        everywhere = ignition_day(day, self._calendar, None, self._model)
        known = {reason.key for reason in everywhere.reasons}
        somewhere = []
        for place in self._places:
            there = ignition_day(day, self._calendar, place, self._model)
            own = tuple(reason for reason in there.reasons if reason.key not in known)
            if own:
                somewhere.append(replace(there, reasons=own, marks=()))
        return PeopleDay(everywhere, tuple(somewhere))
