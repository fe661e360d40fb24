"""How the settings say that pictures are looked at: rules, masks, light, and what the centre may move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.domain.vision import SightingPhase
from firewatch_edge.confirm import Rules
from firewatch_edge.node.terms import PoseTerms, RulePair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.vision import Sighting
    from firewatch_edge.config import ConfirmationSection, EdgeSettings, PoseSection
    from firewatch_edge.confirm import Viewpoint
    from firewatch_edge.detect import Eyes, ModelSpec, TemporalSpec
    from firewatch_edge.detect.model import ConfirmationSpec
    from firewatch_edge.node.handover import Handover
    from firewatch_edge.node.holding import Holding
    from firewatch_edge.node.open_sightings import OpenSightings
    from firewatch_edge.node.settings_book import SettingsBook

__all__ = ["beside_outbox", "end_open", "end_outdated", "pose_terms", "rules_of", "verified_rules_of"]


def beside_outbox(settings: EdgeSettings, name: str) -> Path:
    """Return a file of this node's own: several outboxes may lie in one folder."""
    outbox = Path(settings.outbox.path)
    return outbox.with_name(f"{outbox.name}.{name}")


def pose_terms(
    settings: EdgeSettings,
    pose: PoseSection | None,
    eyes: Eyes,
    viewpoint: Viewpoint,
    book: SettingsBook,
    least_misses: int = 1,
) -> PoseTerms:
    """Return how the frames of a pose are judged; without one, those of a view that nobody surveyed."""
    spec, chosen, tower = eyes.detector.spec, settings.confirmation, settings.tower
    pair = RulePair(rules_of(chosen, spec), verified_rules_of(chosen, eyes.temporal))
    pair = pair.each(lambda rules: replace(rules, least_misses=least_misses))
    own = None if pose is None else pose.threshold
    if own is not None:
        pair = pair.each(lambda rules: replace(rules, threshold=own))
    place = None if tower.lat_deg is None or tower.lon_deg is None else (tower.lat_deg, tower.lon_deg)
    return PoseTerms(
        viewpoint,
        pair,
        masks=() if pose is None else [section.mask() for section in pose.mask],
        place=place,
        lights=spec.light,
        shift=settings.danger.shift(),
        settings=lambda: book.current,
    )


def end_outdated(open_sightings: OpenSightings, viewpoint: Viewpoint, handover: Handover | Holding) -> None:
    """End the sightings of a pose that was calibrated anew since: their boxes lie elsewhere in the picture now."""
    end_open(open_sightings, open_sightings.outdated(viewpoint), handover)


def end_open(open_sightings: OpenSightings, sightings: Iterable[Sighting], handover: Handover | Holding) -> None:
    """End sightings of an earlier run that nothing can carry on."""
    ended = [replace(each, phase=SightingPhase.ENDED, revision=each.revision + 1) for each in sightings]
    open_sightings.note(ended)
    for sighting in ended:
        handover.give(sighting, ())


def rules_of(chosen: ConfirmationSection, spec: ModelSpec) -> Rules:
    """Return when several frames are a sighting by each frame alone: as configured, else as the model says."""
    return _rules(chosen, spec.confirmation)


def verified_rules_of(chosen: ConfirmationSection, spec: TemporalSpec | None) -> Rules | None:
    """Return the same for frames that were compared with the view's past; None where none is."""
    if spec is None:
        return None
    # A window shorter than the span asked for could never be met.
    return replace(_rules(chosen, spec), span_s=min(spec.span_s, 0.5 * chosen.window_s) / chosen.speed)


def _rules(chosen: ConfirmationSection, model: ConfirmationSpec | TemporalSpec) -> Rules:
    hits = chosen.hits or model.hits
    return Rules(
        threshold=model.threshold if chosen.threshold is None else chosen.threshold,
        hits=hits,
        window=max(hits, chosen.window or model.window),
        window_s=chosen.window_s / chosen.speed,
        report_every=chosen.report_every,
        carry_on=chosen.carry_on,
    )
