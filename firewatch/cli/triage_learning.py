"""`firewatch triage evaluate|train`: the decisions, what is learned from them, and how good it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from firewatch.cli.centre_store import existing_store
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from firewatch.config import CentralConfig
    from firewatch.fusion.triage import TriageCase, TriageRecord, TriageScores
    from firewatch.learning.skill import ReliabilityBin
    from firewatch.learning.triage import Comparison, TriageData, TriageFit

__all__ = ["evaluate", "train"]

_SEED = 1
_SIMULATED = "SIMULATED decisions, no operator's"


def evaluate(args: argparse.Namespace) -> int:
    """Print how good the weights in use are; return the exit code."""
    import numpy as np

    from firewatch.config import read_config
    from firewatch.fusion.triage import TriageWeights
    from firewatch.learning.skill import reliability
    from firewatch.learning.triage import TriageData, probability_of, scores_of
    from firewatch.triage_wiring import triage_model

    config = read_config(args.config)
    model = triage_model(config.triage)
    cases, simulated = _cases(args, config)
    data = TriageData.of(cases)
    _require_both(data)
    named = {"built-in table": TriageWeights()} | ({} if not config.triage.weights else {"in use": model.weights})
    said = {name: probability_of(weights.log_odds(data.strengths)) for name, weights in named.items()}
    print(_counted(cases, simulated=simulated))
    print("\n".join(_table({name: scores_of(data.fire, p) for name, p in said.items()})))
    rng = np.random.default_rng(_SEED)
    bins = {name: reliability(data.fire, p, rng) for name, p in said.items()}
    last = next(reversed(bins))
    print("\n".join(_bins(last, bins[last])))
    if model.record is not None:
        print(
            "the weights in use may have been learned from some of these: `firewatch triage show` tells left-out scores"
        )
    _plot(args, config, bins, simulated=simulated)
    return 0


def train(args: argparse.Namespace) -> int:
    """Learn weights, print how good they are, and write them if they are better; return the exit code."""
    import numpy as np

    from firewatch.adapters.triage_files import write_triage_model
    from firewatch.config import read_config
    from firewatch.fusion.triage import TriageModel
    from firewatch.learning.skill import reliability
    from firewatch.learning.triage import TriageData, fit_triage, require_better, require_enough
    from firewatch.triage_wiring import triage_model

    if args.out.suffix != ".json":
        raise InvalidValue("name of the learned weights", args.out.name, "one that ends in .json")
    config = read_config(args.config)
    cases, simulated = _cases(args, config)
    print(_counted(cases, simulated=simulated))
    data = TriageData.of(cases)
    require_enough(data)
    rng, in_use = np.random.default_rng(_SEED), triage_model(config.triage)
    # A bureau's own expert table is what learned weights lean to and must beat; learned ones never lean to themselves.
    fit = fit_triage(data, rng, in_use.weights if in_use.record is None else None)
    print("\n".join([*_compared("places", fit.by_place), *_compared("weeks", fit.by_week)]))
    bins = {
        "expert table": reliability(data.fire, fit.expert_probability, rng),
        "learned, places left out": reliability(data.fire, fit.probability, rng),
    }
    print("\n".join(_bins("learned", bins["learned, places left out"])))
    _plot(args, config, bins, simulated=simulated)
    require_better(fit)
    write_triage_model(args.out, TriageModel(fit.weights, _record(args, cases, fit, simulated=simulated)))
    print(f"better beyond doubt: written to {args.out}; in use with triage.weights in the settings")
    if simulated:
        print(f"{_SIMULATED}: `firewatch serve` refuses these weights", file=sys.stderr)
    return 0


def _cases(args: argparse.Namespace, config: CentralConfig) -> tuple[Sequence[TriageCase], bool]:
    from firewatch.adapters.triage_cases_json import read_triage_cases, write_triage_cases

    if args.cases is not None:
        cases, simulated = read_triage_cases(args.cases)
    else:
        cases, simulated = _of_store(args, config), False
    if args.save_cases is not None:
        write_triage_cases(args.save_cases, cases, simulated=simulated)
    return cases, simulated


def _of_store(args: argparse.Namespace, config: CentralConfig) -> tuple[TriageCase, ...]:
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.services.triage_cases import CaseReader
    from firewatch.triage_wiring import surroundings

    sites, zone = read_sites(Path(config.centre.sites)), ZoneInfo(config.centre.time_zone)
    with existing_store(config, args.config) as store:
        around = surroundings(config, zone, store.decision_log)
        return CaseReader(store.decision_log, store.sighting_book, sites, around, zone).cases()


def _require_both(data: TriageData) -> None:
    fires = int(data.fire.sum())
    if not 0 < fires < len(data.fire):
        given = f"{fires} confirmed, {len(data.fire) - fires} dismissed"
        raise InvalidValue("decisions", given, "some of each: without both nothing can be judged")


def _record(args: argparse.Namespace, cases: Sequence[TriageCase], fit: TriageFit, *, simulated: bool) -> TriageRecord:
    from firewatch.fusion.triage import TriageRecord

    fires = sum(case.was_fire for case in cases)
    return TriageRecord(
        source=args.cases.name if args.cases is not None else "the centre's store",
        first_day=min(case.day for case in cases).isoformat(),
        last_day=max(case.day for case in cases).isoformat(),
        fires=fires,
        false_alarms=len(cases) - fires,
        places=fit.by_place.groups,
        weeks=fit.by_week.groups,
        shrinkage=fit.shrinkage,
        expert=fit.by_place.expert,
        learned=fit.by_place.learned,
        is_simulated=simulated,
    )


def _counted(cases: Sequence[TriageCase], *, simulated: bool) -> str:
    fires = sum(case.was_fire for case in cases)
    mark = f" ({_SIMULATED})" if simulated else ""
    return f"decided incidents: {fires} confirmed, {len(cases) - fires} dismissed{mark}"


def _compared(what: str, each: Comparison) -> list[str]:
    verdict = (
        f"log loss {each.ratio_low:.3f} to {each.ratio_high:.3f} times the built-in table's (90 % of redrawn {what})"
    )
    scores = {"expert table": each.expert, "learned": each.learned}
    return [f"with {what} left out ({each.groups}):", *_table(scores), f"  {verdict}"]


def _table(scores: Mapping[str, TriageScores]) -> list[str]:
    lines = ["                        log loss   Brier     ECE"]
    for name, each in scores.items():
        lines.append(f"  {name:<20} {each.log_loss:10.4f} {each.brier:8.4f} {each.calibration_error:7.4f}")
    return lines


def _bins(name: str, bins: Iterable[ReliabilityBin]) -> list[str]:
    lines = [f"{name}: forecast  observed  90 % if right  incidents"]
    lines += [f"{b.forecast:17.3f}  {b.observed:8.3f}  {b.low:.3f}-{b.high:.3f}  {b.days:9d}" for b in bins]
    return lines


def _plot(
    args: argparse.Namespace,
    config: CentralConfig,
    bins: Mapping[str, Sequence[ReliabilityBin]],
    *,
    simulated: bool,
) -> None:
    if args.plot is None:
        return
    from firewatch.adapters.reliability_chart import draw_reliability
    from firewatch.texts import Language, catalogue

    texts = catalogue(Language(config.centre.language))
    title = texts.text("triage.chart.title.simulated" if simulated else "triage.chart.title")
    axes = (texts.text("triage.chart.forecast"), texts.text("triage.chart.observed"))
    draw_reliability(bins, args.plot, title, axes)
