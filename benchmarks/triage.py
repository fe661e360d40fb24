"""What triage learns from SIMULATED decisions: reliability on held-out ones, and what each term brings.

`python benchmarks/triage.py build/triage` prints Markdown tables, and writes them, a reliability plot and the simulated
cases (for `firewatch triage train --cases`) into the folder. There are no operators' labels yet: every figure is of the
assumptions in `firewatch/testing/simulated_triage.py`, and none is of a real forest. About a minute on one core.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from firewatch.adapters.reliability_chart import draw_reliability
from firewatch.adapters.triage_cases_json import write_triage_cases
from firewatch.domain.ids import SightingId, TowerId
from firewatch.fusion.belief import Evidence, TowerScore, believe
from firewatch.fusion.evidence import Growth, Persistence, PlaceHistory
from firewatch.fusion.triage import TERMS, TriageWeights
from firewatch.learning.skill import log_losses, reliability
from firewatch.learning.triage import TriageData, fit_triage, forecast_left_out, probability_of, scores_of
from firewatch.testing.simulated_triage import simulate_cases

if TYPE_CHECKING:
    from firewatch.learning.skill import ReliabilityBin
    from firewatch.learning.triage import TriageFit

_SEED, _OTHER_WORLD = 20_260, 20_261
_SUMS, _EXACT = 20_000, 1e-9


def main() -> int:
    """Run the study; return 1 where a sum is off."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1500, help="simulated incidents")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    cases = simulate_cases(np.random.default_rng(_SEED), args.count)
    write_triage_cases(args.folder / "simulated-cases.json", cases, simulated=True)
    data = TriageData.of(cases)
    held_out = TriageData.of(simulate_cases(np.random.default_rng(_OTHER_WORLD), args.count))
    fit = fit_triage(data, np.random.default_rng(_SEED))
    lines = ["**SIMULATED decisions; there are no operators' labels yet.**", ""]
    lines += _held_out(fit.weights, data, held_out, args.folder)
    lines += _same_world(data, fit)
    lines += _ablation(data)
    worst = _worst_sum(np.random.default_rng(_SEED))
    lines += [f"Largest difference of the shown parts' sum from the result, of {_SUMS:,} random beliefs: {worst:.1e}."]
    lines += [f"Shrinkage {fit.shrinkage:g}; {perf_counter() - began:.0f} s."]
    text = "\n".join(lines) + "\n"
    (args.folder / "triage.md").write_text(text, encoding="utf-8")
    print(text, end="")
    return int(worst > _EXACT)


def _held_out(weights: TriageWeights, data: TriageData, held_out: TriageData, folder: Path) -> list[str]:
    """Return how good the tables are in a second simulated world, whose places nobody has seen."""
    # What the bounds cost where a chimney never hides a fire and no fire ever starts in the morning.
    free = LogisticRegression(C=1e4, max_iter=1000).fit(data.strengths, data.fire)
    said = {
        "expert table": probability_of(TriageWeights().log_odds(held_out.strengths)),
        "learned": probability_of(weights.log_odds(held_out.strengths)),
        "without bounds (never used)": free.predict_proba(held_out.strengths)[:, 1],
    }
    rng = np.random.default_rng(_SEED)
    bins = {name: reliability(held_out.fire, p, rng) for name, p in said.items()}
    axes = ("probability that was told", "share of simulated fires")
    draw_reliability(bins, folder / "reliability-simulated.png", "SIMULATED decisions: another world", axes)
    lines = [f"Another simulated world, {len(held_out.fire)} incidents, {int(held_out.fire.sum())} fires:", ""]
    lines += ["| simulated | log loss | Brier | ECE | ROC area |", "| --- | --- | --- | --- | --- |"]
    for name, p in said.items():
        s = scores_of(held_out.fire, p)
        auc = roc_auc_score(held_out.fire, p)
        lines.append(f"| {name} | {s.log_loss:.4f} | {s.brier:.4f} | {s.calibration_error:.4f} | {auc:.3f} |")
    return [*lines, "", *_bins("learned, another simulated world", bins["learned"])]


def _same_world(data: TriageData, fit: TriageFit) -> list[str]:
    """Return how good learned weights are on places of their own world that were left out."""
    each = fit.by_place
    lines = [f"The same simulated world, {each.groups} places left out in turn: log loss {each.learned.log_loss:.4f}, "]
    lines[0] += f"ECE {each.learned.calibration_error:.4f}; expert table {each.expert.log_loss:.4f}, "
    lines[0] += f"{each.expert.calibration_error:.4f}. With {fit.by_week.groups} weeks left out: log loss "
    lines[0] += f"{fit.by_week.learned.log_loss:.4f}."
    bins = reliability(data.fire, fit.probability, np.random.default_rng(_SEED))
    return [*lines, "", *_bins("learned, places left out, simulated", bins)]


def _bins(name: str, bins: tuple[ReliabilityBin, ...]) -> list[str]:
    lines = [f"| {name}: told | came true | 90 % if right | incidents |", "| --- | --- | --- | --- |"]
    lines += [f"| {b.forecast:.3f} | {b.observed:.3f} | {b.low:.3f}-{b.high:.3f} | {b.days} |" for b in bins]
    consistent = sum(b.is_consistent for b in bins)
    return [*lines, "", f"{consistent} of {len(bins)} bins lie where right forecasts would bring them.", ""]


def _ablation(data: TriageData) -> list[str]:
    """Return what is lost without each term, and what it brings alone, on places left out."""
    expert = TriageWeights()
    whole = _judged(data, forecast_left_out(data, data.place, expert))
    nothing = _judged(data, forecast_left_out(data, data.place, expert, without=TERMS))
    lines = ["| simulated: term | lost without it | log loss without | ROC area without | alone | ROC area alone |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [f"| (all, none) | | {whole[0]:.4f} | {whole[1]:.3f} | {nothing[0]:.4f} | {nothing[1]:.3f} |"]
    for term in TERMS:
        without = _judged(data, forecast_left_out(data, data.place, expert, without=(term,)))
        others = [other for other in TERMS if other is not term]
        alone = _judged(data, forecast_left_out(data, data.place, expert, without=others))
        lost = without[0] - whole[0]
        lines.append(
            f"| {term} | {lost:+.4f} | {without[0]:.4f} | {without[1]:.3f} | {alone[0]:.4f} | {alone[1]:.3f} |"
        )
    return [*lines, ""]


def _judged(data: TriageData, p: np.ndarray) -> tuple[float, float]:
    return float(log_losses(data.fire, p).mean()), float(roc_auc_score(data.fire, p))


def _worst_sum(rng: np.random.Generator) -> float:
    worst = 0.0
    for _ in range(_SUMS):
        scores = tuple(
            TowerScore(TowerId(f"t{n}"), SightingId(f"s{n}"), 1, float(rng.random())) for n in range(rng.integers(0, 6))
        )
        evidence = Evidence(
            scores,
            Persistence(float(rng.exponential(600.0))),
            Growth(float(rng.lognormal())),
            danger_level=float(rng.random()),
            history=PlaceHistory(float(rng.exponential(2.0)), float(rng.exponential(2.0))),
        )
        belief = believe(evidence)
        total = math.fsum(part.log_odds for part in belief.parts)
        worst = max(worst, abs(total - math.log(belief.probability / (1.0 - belief.probability))))
    return worst


if __name__ == "__main__":
    sys.exit(main())
