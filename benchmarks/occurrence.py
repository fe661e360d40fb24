"""The occurrence model on real fires and on simulated ones: tables as Markdown, reliability plots as PNG.

`python benchmarks/occurrence.py FOLDER build/occurrence`, where FOLDER holds the two tables of the UCI repository,
Algerian_forest_fires_dataset_UPDATE.csv (no. 547) and forestfires.csv (no. 162). It exits with 1 where a control fails.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from occurrence_data import CODES, WEATHER, algeria, montesinho, simulated, with_columns, yesterday
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import GroupKFold, StratifiedKFold

from firewatch.adapters.ignition_toml import load_ignition_calendar
from firewatch.danger.occurrence import Link, multipliers, occurrence_of
from firewatch.learning.occurrence import climatology, fit_model, forecast_left_out, harder_to_beat
from firewatch.learning.skill import measure_skill, reliability

if TYPE_CHECKING:
    from firewatch.danger.occurrence import Skill
    from firewatch.learning.candidates import Candidate, OccurrenceData
    from firewatch.learning.skill import ReliabilityBin

_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_SEED = 20121
_TREES = 300
_DAMP = ("RH", "Rain")  # the less of it, the more fire
_LARGE_HA = 10.0
_SIMULATED_YEARS = 15


@dataclass(frozen=True)
class Result:
    """One row of the report: who forecast what, judged how."""

    name: str
    days: int
    fires: int
    skill: Skill
    bins: tuple[ReliabilityBin, ...]
    chosen: str = ""


def judged(name: str, data: OccurrenceData, said: np.ndarray, reference: np.ndarray, chosen: str = "") -> Result:
    """Return the result of forecasts for days that their model had not seen."""
    rng = np.random.default_rng(_SEED)
    skill = measure_skill(data.fire, said, reference, data.block, rng)
    return Result(name, len(said), int(data.fire.sum()), skill, reliability(data.fire, said, rng), chosen)


def other_region(data: OccurrenceData, name: str) -> Result:
    """Learn in one region of Algeria, forecast the other; inside, ten days are one block."""
    said, average, seasonal = (np.empty(len(data.count)) for _ in range(3))
    chosen = []
    for place in np.unique(data.place):
        left_out = np.flatnonzero(data.place == place)
        train, test = data.rows(np.flatnonzero(data.place != place)), data.rows(left_out)
        model, candidate = fit_model(train, Link.LOGIT)
        said[left_out] = occurrence_of(model, test.columns).probability
        average[left_out], seasonal[left_out] = train.fire.mean(), climatology(train, test)
        chosen.append(candidate.label)
    return judged(name, data, said, harder_to_beat(data, average, seasonal), "; ".join(chosen))


def other_region_boosted(data: OccurrenceData, name: str) -> Result:
    """As `other_region`, by gradient boosted trees of scikit-learn's defaults: what a freer model would gain."""
    said, average, seasonal = (np.empty(len(data.count)) for _ in range(3))
    for place in np.unique(data.place):
        left_out = np.flatnonzero(data.place == place)
        train, test = data.rows(np.flatnonzero(data.place != place)), data.rows(left_out)
        said[left_out] = HistGradientBoostingClassifier().fit(train.table, train.fire).predict_proba(test.table)[:, 1]
        average[left_out], seasonal[left_out] = train.fire.mean(), climatology(train, test)
    return judged(name, data, said, harder_to_beat(data, average, seasonal))


def one_limit(data: OccurrenceData) -> dict[str, tuple[float, float]]:
    """Return for each column the limit learnt in one region, and how many days of the other it sorts rightly."""
    found = {}
    for name, values in data.columns.items():
        right, limits = 0, []
        column = -values if name in _DAMP else values
        for place in np.unique(data.place):
            inside = data.place != place
            tried = np.unique(column[inside])
            correct = [((column[inside] >= limit) == data.fire[inside]).mean() for limit in tried]
            limits.append(float(tried[int(np.argmax(correct))]))
            right += int(((column[~inside] >= limits[-1]) == data.fire[~inside]).sum())
        found[name] = (abs(float(np.mean(limits))), right / len(column))
    return found


def left_out_days(data: OccurrenceData, name: str) -> Result:
    """Our way: everything chosen and judged on days left out."""
    said, reference, chosen = forecast_left_out(data, Link.LOGIT)
    return judged(name, data, said, reference, told(chosen))


def told(chosen: tuple[Candidate, ...]) -> str:
    """Return how often each candidate was chosen."""
    labels = [candidate.label for candidate in chosen]
    return ", ".join(f"{labels.count(label)} x {label}" for label in dict.fromkeys(labels))


def forest(data: OccurrenceData, name: str, *, by_day: bool, copies_first: bool = False) -> Result:
    """Judge a random forest with place and month: by rows or by days, rare rows copied before or after the split."""
    rng = np.random.default_rng(_SEED)
    cells = np.array([[float(part) for part in place.split("-")] for place in data.place])
    table = np.column_stack([data.table, data.month, cells])
    rows = _balanced(np.arange(len(table)), data.fire, rng) if copies_first else np.arange(len(table))
    split = GroupKFold(10) if by_day else StratifiedKFold(10, shuffle=True, random_state=_SEED)
    said = np.empty(len(rows))
    for rest, left_out in split.split(rows, data.fire[rows], data.block[rows] if by_day else None):
        train = rows[rest] if copies_first else _balanced(rows[rest], data.fire, rng)
        trees = RandomForestClassifier(_TREES, random_state=_SEED).fit(table[train], data.fire[train])
        said[left_out] = trees.predict_proba(table[rows[left_out]])[:, 1]
    chosen = data.rows(rows)
    return judged(name, chosen, said, np.full(len(rows), chosen.fire.mean()))


def _balanced(rows: np.ndarray, fire: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the rows with copies of the rarer kind until both are equally many."""
    kinds = [rows[fire[rows] == value] for value in (0.0, 1.0)]
    rare, common = sorted(kinds, key=len)
    return np.concatenate([common, rare, rng.choice(rare, len(common) - len(rare))])


def table_of(results: list[Result]) -> str:
    """Return a Markdown table."""
    lines = [
        "| what | rows | fires | Brier skill (90 %) | log skill (90 %) | ROC area | reliable bins | chosen |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in results:
        s = each.skill
        brier = f"{s.brier_skill:+.3f} ({s.brier_skill_low:+.3f} to {s.brier_skill_high:+.3f})"
        log = f"{s.log_skill:+.3f} ({s.log_skill_low:+.3f} to {s.log_skill_high:+.3f})"
        bins = f"{sum(one.is_consistent for one in each.bins)} of {len(each.bins)}"
        lines.append(
            f"| {each.name} | {each.days} | {each.fires} | {brier} | {log} | {s.auc:.3f} | {bins} | {each.chosen} |"
        )
    return "\n".join(lines)


def plot(results: list[Result], path: Path) -> None:
    """Draw reliability with the limits within which right forecasts would lie in 90 % of cases."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(results), figsize=(4.2 * len(results), 4.4), squeeze=False)
    for axis, each in zip(axes[0], results, strict=True):
        top = max(0.05, *(max(one.forecast, one.observed, one.high) for one in each.bins)) * 1.05
        axis.plot([0, top], [0, top], color="0.6", linewidth=1, label="forecast = observed")
        at = [one.forecast for one in each.bins]
        low, high = ([getattr(one, side) for one in each.bins] for side in ("low", "high"))
        axis.vlines(at, low, high, color="tab:blue", linewidth=6, alpha=0.25, label="90 % if forecasts are right")
        axis.plot(at, [one.observed for one in each.bins], "o-", color="tab:red", label="observed")
        axis.set(xlim=(0, top), ylim=(0, top), xlabel="forecast probability", ylabel="observed frequency")
        axis.set_title(f"{each.name}\nBrier skill {each.skill.brier_skill:+.2f}", fontsize=9)
        axis.legend(fontsize=7, loc="upper left")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def algeria_part(folder: Path) -> tuple[str, list[Result]]:
    """Return the report on Algeria, and what to draw."""
    data = algeria(folder)
    codes, weather = with_columns(data, CODES), with_columns(data, WEATHER)
    results = [
        other_region(codes, "codes of the day"),
        other_region(weather, "weather of the day"),
        other_region(yesterday(codes), "codes of the day before"),
        other_region_boosted(codes, "codes of the day, boosted trees"),
    ]
    limits = [f"| {name} | {limit:g} | {right:.1%} |" for name, (limit, right) in one_limit(data).items()]
    text = "\n".join([
        "### Algeria: learnt in one region, judged in the other", "", table_of(results), "",
        "One limit, learnt in one region, sorts the days of the other:", "",
        "| column | at least (RH, Rain: at most) | days sorted rightly |", "| --- | --- | --- |", *limits, "",
    ])  # fmt: skip
    return text, results


def montesinho_part(folder: Path) -> tuple[str, list[Result]]:
    """Return the report on Montesinho, and what to draw."""
    any_area, large = montesinho(folder, 0.0), montesinho(folder, _LARGE_HA)
    results = [
        left_out_days(any_area, "ours, any area, days left out"),
        left_out_days(large, "ours, above 10 ha, days left out"),
        forest(large, "forest, above 10 ha, copied before the split", by_day=False, copies_first=True),
        forest(any_area, "forest, any area, random rows", by_day=False),
        forest(any_area, "forest, any area, days left out", by_day=True),
        forest(large, "forest, above 10 ha, copied after the split, days left out", by_day=True),
    ]
    return "\n".join(["### Montesinho: a control without anything to find", "", table_of(results), ""]), results


def simulated_part() -> tuple[str, list[Result]]:
    """Return the report on a truth that is known, and what to draw."""
    data, chance = simulated(load_ignition_calendar(), _SIMULATED_YEARS, np.random.default_rng(_SEED))
    said, reference, chosen = forecast_left_out(data, Link.LOGIT)
    ours = judged("ours, years left out", data, said, reference, told(chosen))
    best = judged("the true chances", data, chance, reference)
    model, _ = fit_model(data, Link.LOGIT)
    lines = []
    for name, truth in (
        ("occasion.qingming", 6.0),
        ("occasion.spring-festival", 3.0),
        ("fwi", 2.0),
        ("place.west", 1.5),
    ):
        step = 10.0 if name == "fwi" else 1.0
        today = {name: np.array([step]), f"{name}.closeness": np.array([0.5])}
        otherwise = {name: np.array([0.0]), f"{name}.closeness": np.array([0.0])}
        lines.append(f"| {name} | {truth:g} | {float(multipliers(model, today, otherwise)[name][0]):.2f} |")
    text = "\n".join([
        f"### Simulated: {_SIMULATED_YEARS} years at two counties, chances known", "", table_of([ours, best]), "",
        "| multiplier of the odds | truth | found |", "| --- | --- | --- |", *lines, "",
    ])  # fmt: skip
    return text, [ours, best]


def put_into(page: Path, text: str) -> None:
    """Replace what a page has between its two marks."""
    before, mark, rest = page.read_text("utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not mark or not end:
        message = f"{page} has no marks {_BEGIN} and {_END}"
        raise ValueError(message)
    page.write_text(f"{before}{mark}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def main() -> int:
    """Write the report; return 1 where a control fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with the two CSV files")
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder for report.md and the plots")
    parser.add_argument("--page", type=Path, metavar="FILE.md", help="also put the tables between this page's marks")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    texts = ["# Fire occurrence, measured", ""]
    parts = {"algeria": algeria_part(args.folder), "montesinho": montesinho_part(args.folder)}
    parts["simulated"] = simulated_part()
    for name, (text, results) in parts.items():
        plot(results[:3], args.out / f"reliability-{name}.png")
        texts.append(text)
    (args.out / "report.md").write_text("\n".join(texts), encoding="utf-8")
    print("\n".join(texts))
    if args.page is not None:
        put_into(args.page, "\n".join(texts[2:]))
    failed = [each.name for each in parts["montesinho"][1][:2] if each.skill.is_shown]
    failed += [each.name for each in parts["simulated"][1][:1] if not each.skill.is_shown]
    for name in failed:
        print(f"control failed: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
