"""Reports as JSON can hold them: rounded, with null for what cannot be measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from models.evaluate.sequence_report import flagged_share, pooled, summarise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.calibrate import Trial
    from models.evaluate.bootstrap import Difference, Figure
    from models.evaluate.episodes import Episodes
    from models.evaluate.frame_report import FrameReport
    from models.evaluate.rendered import EmptyView
    from models.evaluate.sequences import Outcome
    from models.operating import Choice, Curve

Row = dict[str, object]


def number(value: float | None, digits: int = 4) -> float | None:
    """Round for reading; what cannot be measured is null."""
    return None if value is None or math.isnan(value) else round(float(value), digits)


def pair(values: tuple[float, float]) -> list[float | None]:
    """Round an interval."""
    return [number(value) for value in values]


def plain_figures(figures: Mapping[str, Figure]) -> Row:
    """Lay out figures with both intervals."""
    return {
        name: {
            "value": number(figure.value),
            "by_camera_95": pair(figure.by_camera),
            "by_frame_95": pair(figure.by_frame),
        }
        for name, figure in figures.items()
    }


def plain_differences(differences: Mapping[str, Difference]) -> Row:
    """Lay out paired differences."""
    return {
        name: {"value": number(found.value), "by_camera_95": pair(found.by_camera)}
        for name, found in differences.items()
    }


def plain_frames(report: FrameReport) -> Row:
    """Lay out a frame report."""
    table, calibrated = report.table, report.calibrated
    return {
        "threshold": number(report.threshold),
        "frames": len(table),
        "smoke": int(table.smoke.sum()),
        "drawn": int(table.drawn.sum()),
        "cameras": len(np.unique(table.camera)),
        "figures": plain_figures(report.figures),
        "without": {camera: plain_figures(figures) for camera, figures in report.without.items()},
        "baselines": {
            name: {what: number(value) for what, value in values.items()} for name, values in report.baselines.items()
        },
        "strata": {
            respect: {name: _rounded(row) for name, row in rows.items()} for respect, rows in report.strata.items()
        },
        "calibration": {
            "brier": number(calibrated.brier),
            "error": number(calibrated.error),
            "adaptive_error": number(calibrated.adaptive_error),
            "bins": [{"frames": b.frames, "said": number(b.said), "true": number(b.true)} for b in calibrated.bins],
        },
    }


def plain_outcome(outcome: Outcome) -> Row:
    """Lay out a watched fire."""
    return {
        "frames": outcome.frames,
        "visible_s": outcome.visible_s,
        "confirmed_s": outcome.confirmed_s,
        "confirmed_after_visible_s": outcome.after_visible_s,
        "place_is_known": outcome.place_is_known,
        "before_ignition": plain_episodes(outcome.before),
        "sightings_elsewhere_after_ignition": outcome.elsewhere,
        "auroc_before_against_smoke": number(outcome.auroc),
        "moments": [
            {
                "at_s": moment.at_s,
                "score": number(moment.score),
                "best": number(moment.detections.best_score),
                "beside_its_past": moment.verified_from is not None,
                "box": [round(float(corner), 1) for corner in moment.detections.boxes[0]]
                if moment.detections
                else None,
                "confirmed": moment.is_confirmed,
                "opened": len(moment.opened),
            }
            for moment in outcome.moments
        ],
    }


def plain_fires(outcomes: Sequence[Outcome]) -> Row:
    """Lay out watched fires with their sum."""
    summary = summarise(outcomes)
    return {
        "fires": summary.fires,
        "confirmed": summary.confirmed,
        "confirmed_within_5_min_of_visible": summary.within_5_min,
        "confirmed_within_3_min_of_visible": summary.within_3_min,
        "median_after_ignition_s": summary.median_after_ignition_s,
        "median_after_visible_s": summary.median_after_visible_s,
        "before_ignition": plain_episodes(summary.before),
        "each": {outcome.name: plain_outcome(outcome) for outcome in outcomes},
    }


def plain_empty(views: Sequence[EmptyView], threshold: float) -> Row:
    """Lay out rendered empty scenes."""
    return {
        "views": {f"{view.seed} {view.tower}": plain_episodes(view.episodes) for view in views},
        "frames": sum(len(view.moments) for view in views),
        "frames_flagged": number(flagged_share(views, threshold)),
        "all": plain_episodes(pooled([view.episodes for view in views])),
    }


def plain_episodes(episodes: Episodes | None) -> Row | None:
    """Lay out false episodes with their upper limits."""
    if episodes is None:
        return None
    return {
        "episodes": episodes.count,
        "hours": number(episodes.hours),
        "an_hour": number(episodes.an_hour),
        "a_camera_day": number(episodes.a_camera_day),
        "at_most_95": number(episodes.at_most),
        "at_most_an_hour_95": number(episodes.at_most_an_hour),
        "at_most_a_camera_day_95": number(episodes.at_most_a_camera_day),
    }


def plain_choice(choice: Choice, curve: Curve, trials: Sequence[Trial]) -> Row:
    """Lay out an operating point."""
    return {
        "threshold": number(choice.threshold),
        "threshold_95": pair(choice.threshold_95),
        "localised_recall": number(choice.localised_recall),
        "localised_recall_95": pair(choice.localised_recall_95),
        "specificity": number(choice.specificity),
        "specificity_95": pair(choice.specificity_95),
        "least_specificity": choice.least_specificity,
        "curve": [
            {"threshold": number(t), "localised_recall": number(r), "specificity": number(s)}
            for t, r, s in zip(curve.thresholds, curve.localised_recall, curve.specificity, strict=True)
            if np.isfinite(t)
        ],
        "calibrations": [
            {
                "name": trial.name,
                "log_loss": number(trial.log_loss),
                "brier": number(trial.brier),
                "error": number(trial.error),
                "adaptive_error": number(trial.adaptive_error),
            }
            for trial in trials
        ],
    }


def _rounded(row: Mapping[str, object]) -> Row:
    return {name: number(value) if isinstance(value, float) else value for name, value in row.items()}
