"""What many watched fires, and long empty scenes, come to together."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from models.evaluate.episodes import Episodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.evaluate.rendered import EmptyView
    from models.evaluate.sequences import Outcome

SOON_S, SOONER_S = 300.0, 180.0


@dataclass(frozen=True, slots=True)
class FireSummary:
    """Several watched fires.

    Parameters
    ----------
    fires, confirmed : int
    within_5_min, within_3_min : int
        Confirmed so soon after smoke was visible.
    median_after_ignition_s, median_after_visible_s : float or None
        Of the confirmed ones.
    before : Episodes or None
        Sightings before ignition, all sequences together.
    """

    fires: int
    confirmed: int
    within_5_min: int
    within_3_min: int
    median_after_ignition_s: float | None
    median_after_visible_s: float | None
    before: Episodes | None


def summarise(outcomes: Sequence[Outcome]) -> FireSummary:
    """Sum up watched fires."""
    done = [o.confirmed_s for o in outcomes if o.confirmed_s is not None]
    late = [o.after_visible_s for o in outcomes if o.after_visible_s is not None]
    return FireSummary(
        fires=len(outcomes),
        confirmed=len(done),
        within_5_min=sum(seconds <= SOON_S for seconds in late),
        within_3_min=sum(seconds <= SOONER_S for seconds in late),
        median_after_ignition_s=median(done) if done else None,
        median_after_visible_s=median(late) if late else None,
        before=pooled([o.before for o in outcomes if o.before is not None]),
    )


def pooled(parts: Sequence[Episodes]) -> Episodes | None:
    """Add up episodes and hours; None of none."""
    if not parts:
        return None
    return Episodes(sum(part.count for part in parts), sum(part.hours for part in parts))


def flagged_share(views: Sequence[EmptyView], threshold: float) -> float:
    """Share of the frames of empty views in which a box counts, without a past from this threshold on."""
    flags = [moment.is_flagged(threshold) for view in views for moment in view.moments]
    return sum(flags) / len(flags)
