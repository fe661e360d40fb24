"""By which rules, masks and light one frame of a pose is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.domain.sun import Light, light_of
from firewatch_edge.confirm import DangerShift, MaskSet, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from firewatch.domain.masks import Mask
    from firewatch.domain.optics import Calibration
    from firewatch.domain.scales import DangerGrade
    from firewatch.domain.tower_settings import TowerSettings
    from firewatch_edge.confirm import Viewpoint

__all__ = ["PoseTerms", "RulePair", "Terms"]


@dataclass(frozen=True, slots=True)
class RulePair:
    """When several frames are a sighting, by each frame alone and compared with the view's past.

    Parameters
    ----------
    alone : Rules
        For frames that count by themselves.
    verified : Rules or None
        For frames that were compared; None where none is.
    """

    alone: Rules
    verified: Rules | None = None

    def each(self, change: Callable[[Rules], Rules]) -> RulePair:
        """Return both, changed alike."""
        return RulePair(change(self.alone), None if self.verified is None else change(self.verified))


@dataclass(frozen=True, slots=True)
class Terms:
    """How one frame is judged.

    Parameters
    ----------
    usual : RulePair
        Without regard to the fire danger.
    now : RulePair
        What counts.
    masks : MaskSet
        Those that hold.
    light : Light or None
        At the tower; None where its place is not known.
    may_open : bool
        Whether a smoke may become a sighting: not at night where the model was not tried at night.
    calibration : Calibration or None
        How the pose looks, as the centre may have corrected it; None leaves it as it is.
    """

    usual: RulePair
    now: RulePair
    masks: MaskSet
    light: Light | None = None
    may_open: bool = True
    calibration: Calibration | None = None

    @classmethod
    def of_rules(cls, rules: RulePair) -> Terms:
        """Return the terms of rules alone: no masks, by day."""
        return cls(rules, rules, MaskSet(()))

    @property
    def not_detecting_reason(self) -> str:
        """Why nothing would be reported; empty where it would."""
        return "" if self.may_open else Light.NIGHT.value


class PoseTerms:
    """Says how each frame of a pose is judged, from its own instant: what expires has expired at the next frame.

    Parameters
    ----------
    viewpoint : Viewpoint
        The pose, by the calibration of the tower's own settings.
    rules : RulePair
        Of the tower's own settings.
    masks : sequence of Mask
        Of the tower's own settings.
    place : (float, float) or None
        Latitude and longitude of the tower [deg]; None leaves the light unknown, and nothing is muted for it.
    lights : sequence of str
        In which light the model was tried.
    shift : DangerShift
        How far the fire danger moves the thresholds.
    settings : callable
        Returns what the centre has set, None where it has set nothing.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        viewpoint: Viewpoint,
        rules: RulePair,
        *,
        masks: Sequence[Mask] = (),
        place: tuple[float, float] | None = None,
        lights: Sequence[str] = (Light.DAY, Light.TWILIGHT),
        shift: DangerShift | None = None,
        settings: Callable[[], TowerSettings | None] = lambda: None,
    ) -> None:
        self._viewpoint = viewpoint
        self._rules = rules
        self._masks = tuple(masks)
        self._place = place
        self._lights = frozenset(lights)
        self._shift = shift or DangerShift()
        self._settings = settings
        self._mask_set = MaskSet(())

    def at(self, instant: datetime) -> Terms:
        """Return the terms for a frame of that UTC instant."""
        settings = self._settings()
        usual = self._usual(settings)
        rating = None if settings is None else settings.rating
        grade = None if rating is None else rating.grade_at(instant)
        light = None if self._place is None else light_of(instant, *self._place)
        return Terms(
            usual,
            self._moved(usual, grade),
            self._masks_at(settings, instant),
            light,
            light is None or light in self._lights,
            self._calibration(settings),
        )

    def _calibration(self, settings: TowerSettings | None) -> Calibration:
        view = self._viewpoint
        own = view.calibration
        return own if settings is None else settings.calibration_of(view.camera_id, view.pose_id, own)

    def _moved(self, usual: RulePair, grade: DangerGrade | None) -> RulePair:
        """Move what judges: where frames are compared, the single frame is a stopgap of the first minute, and stays."""
        if usual.verified is None:
            return RulePair(self._shift.moved(usual.alone, grade))
        return RulePair(usual.alone, self._shift.moved(usual.verified, grade))

    def _usual(self, settings: TowerSettings | None) -> RulePair:
        view = self._viewpoint
        threshold = None if settings is None else settings.threshold_of(view.camera_id, view.pose_id)
        if threshold is None:
            return self._rules
        return self._rules.each(lambda rules: replace(rules, threshold=threshold))

    def _masks_at(self, settings: TowerSettings | None, instant: datetime) -> MaskSet:
        view = self._viewpoint
        sent = () if settings is None else settings.masks_of(view.camera_id, view.pose_id)
        holding = tuple(mask for mask in (*self._masks, *sent) if mask.holds_at(instant))
        if holding != self._mask_set.masks:
            self._mask_set = MaskSet(holding)
        return self._mask_set
