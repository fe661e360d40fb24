"""Reports as Markdown tables, ready for a model card."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.evaluate.sequence_report import flagged_share, pooled, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from models.calibrate import Trial
    from models.evaluate.bootstrap import Difference, Figure
    from models.evaluate.episodes import Episodes
    from models.evaluate.frame_report import FrameReport
    from models.evaluate.rendered import EmptyView
    from models.evaluate.sequences import Outcome
    from models.operating import Choice

NAMES = {
    "localised_recall": "localised recall",
    "specificity": "specificity",
    "recall": "recall, anywhere",
    "f1": "F1",
    "auroc": "AUROC",
    "average_precision": "average precision",
    "recall_at_5_percent_false": "recall at 5 % false",
    "ap50": "AP50 (boxes)",
    "peak_in_box": "peak in a box, any score",
}


def frames_page(title: str, report: FrameReport) -> str:
    """Write a set of frames: figures, then strata, then calibration."""
    table = report.table
    frames, smoke, drawn = len(table), int(table.smoke.sum()), int(table.drawn.sum())
    cameras = len(set(table.camera))
    parts = [
        f"## {title}: {frames} frames of {cameras} cameras",
        (
            f"{smoke} with smoke, {drawn} of them drawn; {frames - smoke} without. Threshold {report.threshold:.3f}. "
            "Intervals are 95 %, cameras drawn again; then frames drawn again as if each had its own camera."
        ),
        _figures(report),
        *(_stratum(respect, rows) for respect, rows in report.strata.items()),
        (
            f"Calibration: expected error {report.calibrated.error:.3f} (ten bins), "
            f"{report.calibrated.adaptive_error:.3f} (bins of equal numbers); Brier {report.calibrated.brier:.3f}."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _figures(report: FrameReport) -> str:
    head = ["", "value", "by camera", "by frame", *(f"without {camera}" for camera in report.without)]
    rows = []
    for name, figure in report.figures.items():
        without = [_with_interval(figures[name]) for figures in report.without.values()]
        base = [decimal(values[name]) for values in report.baselines.values()]
        spans = [span(figure.by_camera), span(figure.by_frame)]
        rows.append([NAMES[name], decimal(figure.value), *spans, *without, *base])
    return lay_out([*head, *report.baselines], rows)


def _stratum(respect: str, rows: Mapping[str, Mapping[str, object]]) -> str:
    lines = [
        [
            name,
            f"{row['in_place']} of {row['drawn']}",
            decimal(row["localised_recall"]),
            f"{row['found']} of {row['smoke']}",
            f"{row['flagged']} of {row['clear']}",
            decimal(row["specificity"]),
        ]
        for name, row in rows.items()
    ]
    return lay_out([respect, "found in place", "share", "found anywhere", "clear flagged", "specificity"], lines)


def fires_page(title: str, outcomes: Sequence[Outcome]) -> str:
    """Write watched fires, each and together."""
    rows = [
        [
            outcome.name,
            seconds(outcome.visible_s),
            seconds(outcome.confirmed_s) + ("" if outcome.place_is_known else " (place not known)"),
            seconds(outcome.after_visible_s),
            "-" if outcome.elsewhere is None else str(outcome.elsewhere),
            *_episodes(outcome.before),
        ]
        for outcome in outcomes
    ]
    summary = summarise(outcomes)
    rows.append(
        [
            f"all: {summary.confirmed} of {summary.fires} confirmed",
            "",
            f"median {seconds(summary.median_after_ignition_s)}",
            (
                f"median {seconds(summary.median_after_visible_s)}; within 5 min {summary.within_5_min}, "
                f"within 3 min {summary.within_3_min}"
            ),
            "",
            *_episodes(summary.before),
        ]
    )
    head = ["sequence", "visible", "confirmed in place", "after visible", "elsewhere"]
    return f"## {title}\n\n" + lay_out([*head, *_EPISODES], rows) + "\n"


def empty_page(views: Sequence[EmptyView], threshold: float) -> str:
    """Write rendered empty scenes."""
    both = pooled([view.episodes for view in views])
    rows = [[f"world {view.seed}, {view.tower}", *_episodes(view.episodes)] for view in views if view.episodes.count]
    rows.append([f"all {len(views)} views", *_episodes(both)])
    counts_from = {moment.verified_from for view in views for moment in view.moments} - {None}
    past = "".join(f", or {level:.3f} beside their past" for level in counts_from)
    share = f"{100 * flagged_share(views, threshold):.1f} % of the frames reach {threshold:.3f}{past}."
    table = lay_out(["view", *_EPISODES], rows)
    return f"## Rendered scenes without fire\n\n{table}\n\n{share} Views without an episode are not listed.\n"


_EPISODES = ("false episodes", "hours", "an hour", "a camera and day", "at most, 95 % (hour; day)")


def _episodes(episodes: Episodes | None) -> list[str]:
    if episodes is None:
        return ["-"] * len(_EPISODES)
    return [
        str(episodes.count),
        f"{episodes.hours:.2f}",
        f"{episodes.an_hour:.2f}",
        f"{episodes.a_camera_day:.1f}",
        f"{episodes.at_most_an_hour:.2f}; {episodes.at_most_a_camera_day:.1f}",
    ]


def choice_page(choice: Choice, trials: Sequence[Trial], shipped: float | None) -> str:
    """Write the operating point and how calibrations compare."""
    rows = [
        ["threshold", f"{choice.threshold:.4f}", span(choice.threshold_95, 4)],
        ["localised recall", decimal(choice.localised_recall), span(choice.localised_recall_95)],
        ["specificity", decimal(choice.specificity), span(choice.specificity_95)],
    ]
    point = lay_out([f"at specificity {choice.least_specificity:.2f} or more", "value", "95 % by camera"], rows)
    tried = [[t.name, *(decimal(value) for value in (t.log_loss, t.brier, t.error, t.adaptive_error))] for t in trials]
    fits = lay_out(["calibration, other cameras", "log loss", "Brier", "error", "error, equal bins"], tried)
    beside = "" if shipped is None else f"\n\nThe model's own threshold is {shipped:.4f}."
    return f"## Operating point\n\n{point}{beside}\n\n{fits}\n"


def comparison_page(
    title: str, reports: Mapping[str, FrameReport], differences: Mapping[str, Mapping[str, Difference]]
) -> str:
    """Write detectors side by side, then each one's difference to the first."""
    first = next(iter(reports))
    head = ["", *(f"{name}, at {report.threshold:.3f}" for name, report in reports.items())]
    rows = [
        [NAMES[what], *(_with_interval(report.figures[what]) for report in reports.values())]
        for what in reports[first].figures
    ]
    gaps = [
        [
            NAMES[what],
            *(f"{_signed(found[what].value)} ({span(found[what].by_camera)})" for found in differences.values()),
        ]
        for what in reports[first].figures
    ]
    less = lay_out([f"less {first}", *differences], gaps)
    return f"## {title}\n\n{lay_out(head, rows)}\n\n{less}\n"


def lay_out(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def decimal(value: object) -> str:
    """Write a share without its leading zero; a dash for what cannot be measured."""
    if not isinstance(value, (int, float)) or math.isnan(value):
        return "-"
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def span(pair: tuple[float, float], digits: int = 2) -> str:
    """Write an interval."""
    if math.isnan(pair[0]):
        return "-"
    return f"{pair[0]:.{digits}f} to {pair[1]:.{digits}f}"


def seconds(value: float | None) -> str:
    """Write seconds with their sign; never for None."""
    return "never" if value is None else f"{value:+.0f} s"


def _signed(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:+.2f}"


def _with_interval(figure: Figure) -> str:
    return f"{decimal(figure.value)} ({span(figure.by_camera)})"
