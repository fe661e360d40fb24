"""`firewatch danger occurrence fit|apply`: a model of daily ignitions from the bureau's own fires, and what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_calendar import add_table_option, chosen_calendar
from firewatch.cli.danger_notes import say_notes
from firewatch.errors import FirewatchError, InvalidValue, ObservationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from firewatch.adapters.fire_history_csv import FireHistory
    from firewatch.danger.ignition_calendar import IgnitionCalendar
    from firewatch.danger.occurrence import FitRecord, OccurrenceModel
    from firewatch.learning.candidates import OccurrenceData
    from firewatch.learning.occurrence import OccurrenceFit

__all__ = ["add_verb"]

# Written out, because reading the columns brings numpy and the help must be quick; a test holds the two equal.
READINGS = ("ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr", "grade", "temp_c", "rh_pct", "wind_kmh", "rain_mm")
_FIRE_YEAR_BEGINS = 6  # June: no season of Hunan's fires goes over it
_SEED = 1


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `occurrence` with its own verbs to the verbs of `danger`."""
    parser = verbs.add_parser("occurrence", help="how likely fires start: a model of the bureau's own fires")
    below = parser.add_subparsers(title="verbs", required=True)
    columns = (
        "Columns, in any order and case: date; place, if there are several; readings of the day, any of "
        f"{', '.join(READINGS)}."
    )
    fit = below.add_parser(
        "fit",
        help="a history of fires (CSV) -> a model (JSON) and how good it is",
        description=f"{columns} And fires, the number of ignitions: a row for every day, also those with 0. The model "
        "is judged on fire years (from June) left out, and too little data is refused.",
        epilog="Example: firewatch danger occurrence fit history.csv model.json --without temp_c",
    )
    fit.add_argument("file", metavar="IN.csv", type=Path)
    fit.add_argument("out", metavar="MODEL.json", type=Path, help="written whole, or not at all")
    fit.add_argument("--counts", action="store_true", help="model the number of fires, not whether there was one")
    fit.add_argument(
        "--without", metavar="COLUMN", action="append", default=[], help="a reading to leave out; repeatable"
    )
    add_table_option(fit)
    fit.set_defaults(run=run, verb=_fit)
    apply = below.add_parser(
        "apply",
        help="days (CSV) -> the same rows with the chance of fire and its parts",
        description=f"{columns} Appended are p_fire, expected_fires, and the parts of its log-odds or log-rate: base, "
        "and one for each reason; they sum to the whole.",
        epilog="Example: firewatch danger occurrence apply model.json days.csv chances.csv",
    )
    apply.add_argument("model", metavar="MODEL.json", type=Path)
    apply.add_argument("file", metavar="IN.csv", type=Path)
    apply.add_argument("out", metavar="OUT.csv", type=Path, help="written whole, or not at all")
    add_table_option(apply)
    apply.set_defaults(run=run, verb=_apply)


def _fit(args: argparse.Namespace) -> int:
    try:
        fit, record, notes = _fitted(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger occurrence fit: {err}\n")
        return 1
    say_notes("occurrence fit", notes)
    sys.stdout.write("\n".join(_report(fit, record)) + "\n")
    return 0


def _fitted(args: argparse.Namespace) -> tuple[OccurrenceFit, FitRecord, list[str]]:
    from dataclasses import replace

    import numpy as np

    from firewatch.adapters.cffdrs_csv import require_writable
    from firewatch.adapters.fire_history_csv import read_fire_history
    from firewatch.adapters.occurrence_json import write_occurrence_model
    from firewatch.danger.occurrence import Link
    from firewatch.learning.occurrence import fit_occurrence, require_enough

    _require_readings(args.without)
    for source in (args.file, args.table):
        require_writable(args.out, source)
    calendar = chosen_calendar(args.table)
    history = read_fire_history(args.file, needs_fires=True, without=tuple(args.without))
    data = _data(history, calendar)
    require_enough(data)
    fit = fit_occurrence(data, Link.LOG if args.counts else Link.LOGIT, np.random.default_rng(_SEED))
    record = _record(history, data, fit, calendar)
    write_occurrence_model(args.out, replace(fit.model, record=record))
    return fit, record, _notes(history)


def _require_readings(given: list[str]) -> None:
    unknown = sorted(set(given) - set(READINGS))
    if unknown:
        raise InvalidValue("--without", unknown[0], f"one of {', '.join(READINGS)}")


def _data(history: FireHistory, calendar: IgnitionCalendar) -> OccurrenceData:
    import numpy as np

    from firewatch.danger.occurrence_columns import model_columns, part_of
    from firewatch.learning.candidates import OccurrenceData

    known = sorted(set(history.places))
    columns = model_columns(history.days, history.places, history.readings, calendar, known)
    # A column that is the same on all days teaches nothing: an occasion of a place that the file does not have.
    columns = {name: column for name, column in columns.items() if np.ptp(column) > 0.0}
    return OccurrenceData(
        columns,
        {name: part_of(name) for name in columns},
        np.zeros(0) if history.fires is None else history.fires,
        np.array(history.places),
        np.array([day.month for day in history.days]),
        np.array([day.year - (day.month < _FIRE_YEAR_BEGINS) for day in history.days]),
    )


def _record(history: FireHistory, data: OccurrenceData, fit: OccurrenceFit, calendar: IgnitionCalendar) -> FitRecord:
    from firewatch.danger.occurrence import FitRecord

    return FitRecord(
        source=history.table.name,
        first_day=min(history.days).isoformat(),
        last_day=max(history.days).isoformat(),
        rows=len(history.days),
        fire_days=int(data.fire.sum()),
        blocks=len(set(data.block.tolist())),
        candidate=fit.candidate.label,
        skill=fit.skill,
        calendar=calendar.name,
        places=tuple(sorted(set(history.places))),
    )


def _notes(history: FireHistory) -> list[str]:
    missing = history.missing_days
    return [f"{missing} days between the first and the last have no row and teach nothing"] if missing else []


def _report(fit: OccurrenceFit, record: FitRecord) -> list[str]:
    skill = fit.skill
    span = f"{record.first_day} to {record.last_day}, {record.blocks} fire years, {len(record.places)} places"
    lines = [
        f"{record.source}: {record.rows} rows, {record.fire_days} with fire, {span}",
        f"chosen: {record.candidate}",
        "on years left out, against climatology (90 % interval over years):",
        f"  Brier skill {skill.brier_skill:+.3f} ({skill.brier_skill_low:+.3f} to {skill.brier_skill_high:+.3f})",
        f"  log skill   {skill.log_skill:+.3f} ({skill.log_skill_low:+.3f} to {skill.log_skill_high:+.3f})",
        f"  ROC area    {skill.auc:.3f}",
        "skill is shown" if skill.is_shown else "no skill beyond doubt: the calendar keeps to its plain table",
        "forecast  observed  90 % if right   days",
    ]
    lines += [
        f"{each.forecast:8.4f}  {each.observed:8.4f}  {each.low:.4f}-{each.high:.4f}  {each.days:5d}"
        for each in fit.bins
    ]
    return lines


def _apply(args: argparse.Namespace) -> int:
    try:
        _write_applied(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger occurrence apply: {err}\n")
        return 1
    return 0


def _write_applied(args: argparse.Namespace) -> None:
    import numpy as np

    from firewatch.adapters.cffdrs_csv import require_writable, write_beside
    from firewatch.adapters.fire_history_csv import read_fire_history
    from firewatch.adapters.occurrence_json import read_occurrence_model
    from firewatch.danger.occurrence import occurrence_of

    for source in (args.file, args.model, args.table):
        require_writable(args.out, source)
    model, calendar = read_occurrence_model(args.model), chosen_calendar(args.table)
    history = read_fire_history(args.file, needs_fires=False)
    said = occurrence_of(model, _columns(history, model, calendar, args))
    added = {
        "p_fire": said.probability,
        "expected_fires": said.expected,
        "base": np.full(len(history.days), said.base),
        **{f"part_{name}": part for name, part in said.parts.items()},
    }
    write_beside(args.out, history.table.with_columns(added), history.table.delimiter)


def _columns(
    history: FireHistory, model: OccurrenceModel, calendar: IgnitionCalendar, args: argparse.Namespace
) -> dict[str, npt.NDArray[np.float64]]:
    from firewatch.danger.occurrence_columns import model_columns

    if model.record is None:
        raise ObservationError("(file)", args.model.name, "has no record of its fit; fit it anew")
    if model.record.calendar != calendar.name:
        raise InvalidValue("calendar", calendar.name, f"the one of the fit, {model.record.calendar}: use --table")
    columns = model_columns(history.days, history.places, history.readings, calendar, model.record.places)
    missing = [name for name in model.columns if name not in columns]
    if missing:
        raise ObservationError("(file)", f"{history.table.name} row 1", f"no column for {', '.join(missing)}")
    return columns
