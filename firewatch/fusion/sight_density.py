"""How well places explain what the towers saw and did not see: logarithms of densities over patches of ground.

A sighting's density is a product: that the camera finds a smoke at this distance (logistic), that smoke rises above
what hides the place (exponential), the azimuth's error, and where terrain and tilt are known the elevation angle's.
Both errors are mixtures: nearly always the stated Gaussian, sometimes a wide one, and an azimuth now and then anything.
Over a patch that is not small, the Gaussians are widened by the variance of a uniform distribution over it: the mean
over the patch, so that a coarse map never misses a narrow bearing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.fusion.intersect import SAME_MAST_M
from firewatch.geodesy import inverse
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from firewatch.domain.ids import TowerId
    from firewatch.fusion.patches import Patches
    from firewatch.fusion.sight import Eye, Ground, NotSeen, SightLine, SightRules
    from firewatch.geodesy import LocalPlane

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Line", "SightDensity", "View", "found_share", "hidden_m", "view_from"]

_NEAREST_M = 1.0
_SQUARE_OF_UNIFORM = 1.0 / 12.0
# Typical slope of a patch: how much its heights vary by its size, before the terrain itself is looked at in detail.
_RELIEF = 0.3
# What is hidden over a coarse patch says little of its parts: heights count in full below this size [m].
_DETAIL_M = 100.0
# Standard deviation of heights where there is no terrain model [m].
_UNKNOWN_M = 300.0
# How fine a patch must be beside the error that it is measured by, and in how many parts one is cut at once.
_FINE, _MOST_PARTS = 0.35, 4
_TURN_DEG = 360.0
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Line:
    """A sight line on the plane.

    Parameters
    ----------
    sight : SightLine
        What it was made of.
    east_m, north_m : float
        The eye [m].
    azimuth_deg, sigma_deg : float
        On the plane [deg].
    weight : float
        1, or less where several lines come from one place: together they count as one look.
    """

    sight: SightLine
    east_m: float
    north_m: float
    azimuth_deg: float
    sigma_deg: float
    weight: float


@dataclass(frozen=True, slots=True)
class View:
    """Patches as one eye sees them: arrays (n,).

    Parameters
    ----------
    distance_m, azimuth_deg : ndarray
        Of their middles, on the plane, -180 to 180 [deg].
    across_deg : ndarray
        Standard deviation of the azimuth over each patch [deg].
    along_part_m, across_part_m : ndarray
        What the patch's length and width add to its width as seen from this eye [m].
    """

    distance_m: Numbers
    azimuth_deg: Numbers
    across_deg: Numbers
    along_part_m: Numbers
    across_part_m: Numbers


@dataclass(frozen=True, slots=True)
class _Heights:
    ground_m: Numbers
    sigma_m: Numbers
    size_m: Numbers


class SightDensity:
    """Sightings and silences, ready to be compared with places.

    Parameters
    ----------
    lines : sequence of SightLine
        At least one.
    silences : sequence of NotSeen
        Who looked and saw nothing.
    plane : LocalPlane
        The map; the terrain's if there is one.
    ground : Ground or None
        Heights and visibility.
    rules : SightRules
        How sightings err.
    prior : callable or None
        Logarithm of the density of fires [1/km2] at east, north [m]: arrays in, array out. None: one a km2 everywhere.
    """

    def __init__(
        self,
        lines: Sequence[SightLine],
        silences: Sequence[NotSeen],
        plane: LocalPlane,
        ground: Ground | None,
        rules: SightRules,
        prior: Callable[[Numbers, Numbers], Numbers] | None,
    ) -> None:
        self.rules = rules
        self.lines = tuple(_line(sight, lines, plane, rules) for sight in sorted(lines, key=_canonical))
        self._silences = tuple((s, plane.project(s.eye.position)) for s in sorted(silences, key=_canonical_silence))
        self._turns_deg = tuple(plane.grid_azimuth_deg(s.eye.position, s.middle_deg) for s, _ in self._silences)
        self._ground = ground
        self._prior = prior
        self._uses_heights = ground is not None and any(_has_angle(line.sight) for line in self.lines)
        self._finest_m = self._detail_m()

    def log_density(self, patches: Patches) -> Numbers:
        """Return the logarithm of prior times likelihood, per m2, over patches (n,)."""
        return self.study(patches)[0]

    def study(self, patches: Patches) -> tuple[Numbers, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return the log density of patches, and in how many parts each should be cut, across and along."""
        total = np.full(len(patches), -math.log(1e6))
        if self._prior is not None:
            total += self._prior(patches.east_m, patches.north_m)
        heights = self._heights(patches)
        along, across = np.ones(len(patches)), np.ones(len(patches))
        for line in self.lines:
            view = _look(line, patches)
            total += line.weight * self._log_seen(line, view, patches, heights)
            need_m = _FINE * self._scale_m(line, view)
            np.maximum(along, view.along_part_m / need_m, out=along)
            # The chance to find a smoke declines along the line of sight.
            along_m = 0.5 * self.rules.range_softness * line.sight.eye.range_m
            np.maximum(along, patches.along_m / along_m, out=along)
            np.maximum(across, view.across_part_m / need_m, out=across)
        for (silence, at), turn_deg in zip(self._silences, self._turns_deg, strict=True):
            total += self._log_silent(silence, (at.east_m, at.north_m), turn_deg, patches)
        if self._finest_m is not None:
            np.maximum(along, patches.along_m / self._finest_m, out=along)
            np.maximum(across, patches.across_m / self._finest_m, out=across)
        return total, _parts(across), _parts(along)

    def _detail_m(self) -> float | None:
        """Return how large a patch may be for the ground's sake [m]; None where the ground does not matter."""
        if self._ground is None:
            return None
        if self._uses_heights:
            return self._ground.terrain.cell_m
        return max(self._ground.terrain.cell_m, _DETAIL_M) if self._ground.least_visible_m else None

    def off_shares(self, patches: Patches) -> tuple[tuple[Numbers, Numbers], ...]:
        """Return of each line how likely its azimuth is wrong if the fire is in a patch, and by how much then [deg]."""
        return tuple(self._off_share(line, _look(line, patches)) for line in self.lines)

    def _off_share(self, line: Line, view: View) -> tuple[Numbers, Numbers]:
        turn_deg = _turn_deg(line.azimuth_deg - view.azimuth_deg)
        true, off, astray = self._azimuth_parts(line, turn_deg, view.across_deg)
        variance = self.rules.off_sigma_deg**2
        bias_deg = turn_deg * variance / (variance + line.sigma_deg**2)
        both = np.maximum(off + astray, _LEAST)
        return both / (true + both), (bias_deg * off + turn_deg * astray) / both

    def _scale_m(self, line: Line, view: View) -> Numbers:
        """Return the width on the ground of the error that matters at each patch [m]."""
        turn_deg = np.abs(_turn_deg(line.azimuth_deg - view.azimuth_deg))
        is_near = turn_deg < 6.0 * np.hypot(line.sigma_deg, view.across_deg)
        sigma_deg = np.where(is_near, line.sigma_deg, np.maximum(line.sigma_deg, self.rules.off_sigma_deg))
        return np.asarray(np.radians(sigma_deg) * view.distance_m)

    def _log_seen(self, line: Line, view: View, patches: Patches, heights: _Heights | None) -> Numbers:
        turn_deg = _turn_deg(line.azimuth_deg - view.azimuth_deg)
        true, off, astray = self._azimuth_parts(line, turn_deg, view.across_deg)
        total = np.log(true + off + astray + _LEAST) - self._softening(line.sight.eye, view.distance_m)
        hidden_m = self._hidden_m(line.sight.eye, patches)
        if hidden_m is not None:
            total -= hidden_m / self.rules.rise_m
        if heights is not None and _has_angle(line.sight):
            total += self._log_angle(line.sight, view.distance_m, heights, 0.0 if hidden_m is None else hidden_m)
        return np.asarray(total)

    def _softening(self, eye: Eye, distance_m: Numbers) -> Numbers:
        """Return minus the log chance to find a smoke at a distance: 0 near by, log 2 at the range."""
        return _softening(eye.range_m, distance_m, self.rules)

    def _azimuth_parts(self, line: Line, turn_deg: Numbers, across_deg: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return the densities of an azimuth as stated, wrong, and astray [1/deg]."""
        rules = self.rules
        true = (1.0 - rules.off_share) * _gauss(turn_deg, np.hypot(line.sigma_deg, across_deg))
        wide_deg = np.sqrt(line.sigma_deg**2 + rules.off_sigma_deg**2 + across_deg**2)
        off = rules.off_share * (1.0 - rules.astray_share) * _gauss(turn_deg, wide_deg)
        return true, off, np.full_like(turn_deg, rules.off_share * rules.astray_share / _TURN_DEG)

    def _heights(self, patches: Patches) -> _Heights | None:
        if self._ground is None or not self._uses_heights:
            return None
        ground_m = self._ground.terrain.height_at(patches.east_m, patches.north_m)
        size_m = np.hypot(patches.along_m, patches.across_m)
        variance = self.rules.base_sigma_m**2 + _SQUARE_OF_UNIFORM * (_RELIEF * size_m) ** 2
        is_known = np.isfinite(ground_m)
        middle_m = float(np.mean(ground_m[is_known])) if is_known.any() else 0.0
        variance = np.where(is_known, variance, variance + _UNKNOWN_M**2)
        return _Heights(np.where(is_known, ground_m, middle_m), np.sqrt(variance), size_m)

    def _hidden_m(self, eye: Eye, patches: Patches) -> Numbers | None:
        """Return the height that smoke must reach to be seen over each patch; None where all is in plain sight."""
        found = None if self._ground is None else hidden_m(self._ground, eye.tower_id, patches)
        return None if found is None else np.nan_to_num(found, nan=0.0)

    def _log_angle(
        self, sight: SightLine, distance_m: Numbers, heights: _Heights, hidden_m: Numbers | float
    ) -> Numbers:
        assert sight.elevation is not None  # noqa: S101 - for the type checker: `_has_angle`
        assert sight.eye.height_m is not None  # noqa: S101 - as above
        rules = self.rules
        rise_m = heights.ground_m + rules.base_m + hidden_m - sight.eye.height_m - drop_m(distance_m)
        wrong_deg = sight.elevation.angle_deg - np.degrees(np.arctan2(rise_m, distance_m))
        sigma_deg = np.hypot(sight.elevation.sigma_deg, np.degrees(np.arctan2(heights.sigma_m, distance_m)))
        true = (1.0 - rules.tilt_off_share) * _gauss(wrong_deg, sigma_deg)
        off = rules.tilt_off_share * _gauss(wrong_deg, np.hypot(sigma_deg, rules.tilt_off_sigma_deg))
        return np.asarray(np.log(true + off + _LEAST))

    def _log_silent(self, silence: NotSeen, at: tuple[float, float], turn_deg: float, patches: Patches) -> Numbers:
        east_m, north_m = patches.east_m - at[0], patches.north_m - at[1]
        distance_m = np.hypot(east_m, north_m)
        azimuth_deg = np.degrees(np.arctan2(east_m, north_m))
        is_turned_to = np.abs(_turn_deg(azimuth_deg - turn_deg)) <= silence.half_width_deg
        looks = np.flatnonzero(is_turned_to & (distance_m >= silence.nearest_m))
        total = np.zeros(len(patches))
        chance = silence.chance * np.exp(-self._softening(silence.eye, distance_m[looks]))
        found = None if self._ground is None else hidden_m(self._ground, silence.eye.tower_id, patches.take(looks))
        if found is not None:
            # Where nobody knows whether it sees the ground, its silence says nothing.
            chance = chance * np.exp(-np.nan_to_num(found, nan=np.inf) / self.rules.rise_m)
        total[looks] = np.log(np.maximum(1.0 - chance, self.rules.least_silence))
        return total


def hidden_m(ground: Ground, tower_id: TowerId, patches: Patches) -> Numbers | None:
    """Return the height that smoke must reach to be seen over each patch.

    Parameters
    ----------
    ground : Ground
        What the tower sees.
    tower_id : TowerId
        Which.
    patches : Patches
        On the terrain's plane; over one larger than 100 m less counts, for it says little of its parts.

    Returns
    -------
    ndarray (n,) or None
        At least 0 [m], NaN where nobody knows; None where nobody knows anything of that tower.
    """
    if tower_id not in ground.least_visible_m:
        return None
    least_m = ground.least_visible_m[tower_id]
    row, column = ground.terrain.row_column(patches.east_m, patches.north_m)
    rows, columns = least_m.shape
    row, column = np.rint(row), np.rint(column)
    is_inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    found = least_m[np.where(is_inside, row, 0).astype(np.intp), np.where(is_inside, column, 0).astype(np.intp)].astype(
        np.float64
    )
    size_m = np.maximum(np.hypot(patches.along_m, patches.across_m), _DETAIL_M)
    return np.asarray(np.where(is_inside, found, np.nan) * (_DETAIL_M / size_m))


def found_share(range_m: float, distance_m: Numbers, rules: SightRules) -> Numbers:
    """Return the share of smokes in plain sight that are found at a distance: a half at the range, that shape."""
    return np.asarray(np.exp(-_softening(range_m, distance_m, rules)))


def _softening(range_m: float, distance_m: Numbers, rules: SightRules) -> Numbers:
    beyond = (distance_m / range_m - 1.0) / rules.range_softness
    return np.asarray(np.log1p(np.exp(np.minimum(beyond, 700.0))))


def _line(sight: SightLine, lines: Sequence[SightLine], plane: LocalPlane, rules: SightRules) -> Line:
    at = plane.project(sight.eye.position)
    azimuth_deg = plane.grid_azimuth_deg(sight.eye.position, sight.bearing.azimuth_deg)
    beside = sum(inverse(sight.eye.position, other.eye.position).distance_m < SAME_MAST_M for other in lines)
    sigma_deg = max(sight.bearing.sigma_deg, rules.least_sigma_deg)
    return Line(sight, at.east_m, at.north_m, azimuth_deg, sigma_deg, 1.0 / beside)


def _canonical(sight: SightLine) -> tuple[object, ...]:
    angle = (sight.elevation.angle_deg, sight.elevation.sigma_deg) if sight.elevation else ()
    at = sight.eye.position
    azimuth = (sight.bearing.azimuth_deg, sight.bearing.sigma_deg)
    return sight.eye.tower_id, at.lat_deg, at.lon_deg, azimuth, angle


def _canonical_silence(silence: NotSeen) -> tuple[object, ...]:
    view = silence.middle_deg, silence.half_width_deg, silence.nearest_m
    return silence.eye.tower_id, *view, silence.chance


def _has_angle(sight: SightLine) -> bool:
    return sight.elevation is not None and sight.eye.height_m is not None


def _look(line: Line, patches: Patches) -> View:
    return view_from(line.east_m, line.north_m, patches)


def view_from(at_east_m: float, at_north_m: float, patches: Patches) -> View:
    """Return how patches lie as seen from a point of their plane."""
    east_m, north_m = patches.east_m - at_east_m, patches.north_m - at_north_m
    distance_m = np.maximum(np.hypot(east_m, north_m), _NEAREST_M)
    sine, cosine = east_m / distance_m, north_m / distance_m
    along_m = patches.along_m * np.abs(patches.towards_east * cosine - patches.towards_north * sine)
    across_m = patches.across_m * np.abs(patches.towards_east * sine + patches.towards_north * cosine)
    variance_m2 = _SQUARE_OF_UNIFORM * (along_m * along_m + across_m * across_m)
    across_deg = np.degrees(np.arctan2(np.sqrt(variance_m2), distance_m))
    return View(distance_m, np.degrees(np.arctan2(east_m, north_m)), across_deg, along_m, across_m)


def _turn_deg(difference_deg: Numbers) -> Numbers:
    return np.asarray((difference_deg + 180.0) % _TURN_DEG - 180.0)


def _gauss(error: Numbers, sigma: Numbers) -> Numbers:
    return np.asarray(np.exp(-0.5 * (error / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi)))


def _parts(need: Numbers) -> npt.NDArray[np.intp]:
    return np.clip(np.ceil(need), 1, _MOST_PARTS).astype(np.intp)
