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
from firewatch.fusion.views import DETAIL_M, SQUARE_OF_UNIFORM, found_share, hidden_m, patch_cells, softening
from firewatch.geodesy import inverse
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from firewatch.fusion.patches import Patches
    from firewatch.fusion.sight import Eye, Ground, NotSeen, SightLine, SightRules
    from firewatch.fusion.views import Cells
    from firewatch.geodesy import LocalPlane
    from firewatch.terrain import TerrainGrid

    Numbers: TypeAlias = npt.NDArray[np.float64]
    # The cells of patches, and what a height that hides counts over each.
    _Hiding: TypeAlias = tuple[Cells, Numbers]

__all__ = ["Line", "SightDensity"]

_NEAREST_M = 1.0
# Typical slope of a patch: how much its heights vary by its size, before the terrain itself is looked at in detail.
_RELIEF = 0.3
# Standard deviation of heights where there is no terrain model [m].
_UNKNOWN_M = 300.0
# So many places of a sight line are asked for the height of the ground.
_STEPS = 128
# How fine a patch must be beside the error that it is measured by, and in how many parts one is cut at once.
_FINE, _MOST_PARTS = 0.35, 4
# As far from a bearing its stated Gaussian no longer counts.
_NEAR_SIGMAS = 6.0
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
class _View:
    """Patches as one eye sees them: arrays (n,)."""

    distance_m: Numbers
    turn_deg: Numbers
    """The line's azimuth less that of each patch."""
    variance_deg2: Numbers
    """Of the line's azimuth, with that of a uniform distribution over each patch."""
    along_part_m: Numbers
    across_part_m: Numbers
    """What the patch's length and width add to its width as seen from this eye."""


@dataclass(frozen=True, slots=True)
class _Heights:
    ground_m: Numbers
    variance_m2: Numbers


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
        self._beside_unknown_m = _beside_unknown_m(ground.terrain, self.lines) if ground and self._uses_heights else 0.0

    def log_density(self, patches: Patches) -> Numbers:
        """Return the logarithm of prior times likelihood, per m2, over patches (n,)."""
        return self._log_density(patches, [_look(line, patches) for line in self.lines])

    def study(self, patches: Patches) -> tuple[Numbers, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return the log density of patches, and in how many parts each should be cut, across and along."""
        views = [_look(line, patches) for line in self.lines]
        return self._log_density(patches, views), *self._parts(patches, views)

    def _log_density(self, patches: Patches, views: Sequence[_View]) -> Numbers:
        total = np.full(len(patches), -math.log(1e6))
        if self._prior is not None:
            total += self._prior(patches.east_m, patches.north_m)
        heights, cells = self._heights(patches), self._cells(patches)
        for line, view in zip(self.lines, views, strict=True):
            total += line.weight * self._log_seen(line, view, heights, cells)
        for (silence, at), turn_deg in zip(self._silences, self._turns_deg, strict=True):
            total += self._log_silent(
                silence, (patches.east_m - at.east_m, patches.north_m - at.north_m), turn_deg, patches
            )
        return total

    def _parts(self, patches: Patches, views: Sequence[_View]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        along, across = np.ones(len(patches)), np.ones(len(patches))
        for line, view in zip(self.lines, views, strict=True):
            inverse_m = 1.0 / (_FINE * self._scale_m(line, view))
            np.maximum(along, view.along_part_m * inverse_m, out=along)
            # The chance to find a smoke declines along the line of sight.
            along_m = 0.5 * self.rules.range_softness * line.sight.eye.range_m
            np.maximum(along, patches.along_m / along_m, out=along)
            np.maximum(across, view.across_part_m * inverse_m, out=across)
        if self._finest_m is not None:
            np.maximum(along, patches.along_m / self._finest_m, out=along)
            np.maximum(across, patches.across_m / self._finest_m, out=across)
        return _whole(across), _whole(along)

    def _detail_m(self) -> float | None:
        """Return how large a patch may be for the ground's sake [m]; None where the ground does not matter."""
        if self._ground is None:
            return None
        if self._uses_heights:
            return self._ground.terrain.cell_m
        return max(self._ground.terrain.cell_m, DETAIL_M) if self._ground.least_visible_m else None

    def off_shares(self, patches: Patches) -> tuple[tuple[Numbers, Numbers], ...]:
        """Return of each line how likely its azimuth is wrong if the fire is in a patch, and by how much then [deg]."""
        return tuple(self._off_share(line, _look(line, patches)) for line in self.lines)

    def _off_share(self, line: Line, view: _View) -> tuple[Numbers, Numbers]:
        true, off, astray = self._azimuth_parts(view)
        variance = self.rules.off_sigma_deg**2
        bias_deg = view.turn_deg * (variance / (variance + line.sigma_deg**2))
        both = np.maximum(off + astray, _LEAST)
        return both / (true + both), (bias_deg * off + view.turn_deg * astray) / both

    def _scale_m(self, line: Line, view: _View) -> Numbers:
        """Return the width on the ground of the error that matters at each patch [m]."""
        is_near = view.turn_deg * view.turn_deg < _NEAR_SIGMAS**2 * view.variance_deg2
        sigma_deg = np.where(is_near, line.sigma_deg, max(line.sigma_deg, self.rules.off_sigma_deg))
        return np.asarray(np.radians(sigma_deg) * view.distance_m)

    def _log_seen(self, line: Line, view: _View, heights: _Heights | None, cells: _Hiding | None) -> Numbers:
        true, off, astray = self._azimuth_parts(view)
        total = np.log(true + off + (astray + _LEAST)) - softening(line.sight.eye.range_m, view.distance_m, self.rules)
        hidden_m = self._hidden_m(line.sight.eye, cells)
        if hidden_m is not None:
            total -= hidden_m / self.rules.rise_m
        if heights is not None and _has_angle(line.sight):
            total += self._log_angle(line.sight, view.distance_m, heights, 0.0 if hidden_m is None else hidden_m)
        return np.asarray(total)

    def _azimuth_parts(self, view: _View) -> tuple[Numbers, Numbers, float]:
        """Return the densities of an azimuth as stated, wrong, and astray [1/deg]."""
        rules = self.rules
        square_deg2 = view.turn_deg * view.turn_deg
        true = _gauss(square_deg2, view.variance_deg2, 1.0 - rules.off_share)
        off_share = rules.off_share * (1.0 - rules.astray_share)
        off = _gauss(square_deg2, view.variance_deg2 + rules.off_sigma_deg**2, off_share)
        return true, off, rules.off_share * rules.astray_share / _TURN_DEG

    def _heights(self, patches: Patches) -> _Heights | None:
        if self._ground is None or not self._uses_heights:
            return None
        ground_m = self._ground.terrain.height_at(patches.east_m, patches.north_m)
        square_m2 = patches.along_m * patches.along_m + patches.across_m * patches.across_m
        variance_m2 = square_m2 * (SQUARE_OF_UNIFORM * _RELIEF**2) + self.rules.base_sigma_m**2
        is_known = np.isfinite(ground_m)
        if not is_known.all():
            ground_m = np.where(is_known, ground_m, self._beside_unknown_m)
            variance_m2 = np.where(is_known, variance_m2, variance_m2 + _UNKNOWN_M**2)
        return _Heights(ground_m, variance_m2)

    def _cells(self, patches: Patches) -> _Hiding | None:
        """Return the cells of the patches, and what heights there count; None where nothing hides them."""
        return patch_cells(self._ground, patches) if self._ground and self._ground.least_visible_m else None

    def _hidden_m(self, eye: Eye, cells: _Hiding | None) -> Numbers | None:
        """Return the height that smoke must reach to be seen over each patch; None where all is in plain sight."""
        if self._ground is None or cells is None or eye.tower_id not in self._ground.least_visible_m:
            return None
        found = cells[0].of(self._ground.least_visible_m[eye.tower_id])
        return np.asarray(np.where(np.isfinite(found), found, 0.0) * cells[1])

    def _log_angle(
        self, sight: SightLine, distance_m: Numbers, heights: _Heights, hidden_m: Numbers | float
    ) -> Numbers:
        assert sight.elevation is not None  # noqa: S101 - for the type checker: `_has_angle`
        assert sight.eye.height_m is not None  # noqa: S101 - as above
        rules = self.rules
        rise_m = heights.ground_m + hidden_m + (rules.base_m - sight.eye.height_m) - drop_m(distance_m)
        wrong_deg = sight.elevation.angle_deg - np.degrees(np.arctan(rise_m / distance_m))
        spread_deg = np.degrees(np.arctan(np.sqrt(heights.variance_m2) / distance_m))
        square_deg2, variance_deg2 = wrong_deg * wrong_deg, spread_deg * spread_deg + sight.elevation.sigma_deg**2
        true = _gauss(square_deg2, variance_deg2, 1.0 - rules.tilt_off_share)
        off = _gauss(square_deg2, variance_deg2 + rules.tilt_off_sigma_deg**2, rules.tilt_off_share)
        return np.asarray(np.log(true + off + _LEAST))

    def _log_silent(
        self, silence: NotSeen, leg_m: tuple[Numbers, Numbers], turn_deg: float, patches: Patches
    ) -> Numbers:
        distance_m = np.hypot(*leg_m)
        turned_deg = np.abs(_turn_deg(np.degrees(np.arctan2(*leg_m)) - turn_deg))
        looks = np.flatnonzero((turned_deg <= silence.half_width_deg) & (distance_m >= silence.nearest_m))
        total = np.zeros(len(patches))
        chance = silence.chance * found_share(silence.eye.range_m, distance_m[looks], self.rules)
        found = None if self._ground is None else hidden_m(self._ground, silence.eye.tower_id, patches.take(looks))
        if found is not None:
            # Where nobody knows whether it sees the ground, its silence says nothing.
            chance = chance * np.exp(-np.nan_to_num(found, nan=np.inf) / self.rules.rise_m)
        total[looks] = np.log(np.maximum(1.0 - chance, self.rules.least_silence))
        return total


def _line(sight: SightLine, lines: Sequence[SightLine], plane: LocalPlane, rules: SightRules) -> Line:
    at = plane.project(sight.eye.position)
    azimuth_deg = plane.grid_azimuth_deg(sight.eye.position, sight.bearing.azimuth_deg)
    beside = sum(inverse(sight.eye.position, other.eye.position).distance_m < SAME_MAST_M for other in lines)
    sigma_deg = max(sight.bearing.sigma_deg, rules.least_sigma_deg)
    return Line(sight, at.east_m, at.north_m, azimuth_deg, sigma_deg, 1.0 / beside)


def _beside_unknown_m(terrain: TerrainGrid, lines: Sequence[Line]) -> float:
    """Return the mean height of the known ground beside unknown one on sight lines [m]; 0 where there is none."""
    found: list[Numbers] = []
    for line in lines:
        away_m = np.linspace(0.0, line.sight.eye.range_m, _STEPS)
        azimuth = math.radians(line.azimuth_deg)
        ground_m = terrain.height_at(
            line.east_m + math.sin(azimuth) * away_m, line.north_m + math.cos(azimuth) * away_m
        )
        is_known = np.isfinite(ground_m)
        changes = np.flatnonzero(is_known[1:] != is_known[:-1])
        found.append(ground_m[np.where(is_known[changes], changes, changes + 1)])
    beside_m = np.concatenate(found)
    return float(np.mean(beside_m)) if beside_m.size else 0.0


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


def _look(line: Line, patches: Patches) -> _View:
    east_m, north_m = patches.east_m - line.east_m, patches.north_m - line.north_m
    distance_m = np.maximum(np.sqrt(east_m * east_m + north_m * north_m), _NEAREST_M)
    inverse_m = 1.0 / distance_m
    sine, cosine = east_m * inverse_m, north_m * inverse_m
    along_m = patches.along_m * np.abs(patches.towards_east * cosine - patches.towards_north * sine)
    across_m = patches.across_m * np.abs(patches.towards_east * sine + patches.towards_north * cosine)
    spread_m = np.sqrt(SQUARE_OF_UNIFORM * (along_m * along_m + across_m * across_m))
    spread_deg = np.degrees(np.arctan(spread_m * inverse_m))
    variance_deg2 = spread_deg * spread_deg + line.sigma_deg**2
    ahead_east, ahead_north = math.sin(math.radians(line.azimuth_deg)), math.cos(math.radians(line.azimuth_deg))
    # The angle between two directions: without a remainder of 360 degrees, which takes as long as all else.
    turn = np.arctan2(ahead_east * north_m - ahead_north * east_m, ahead_east * east_m + ahead_north * north_m)
    return _View(distance_m, np.degrees(turn), variance_deg2, along_m, across_m)


def _turn_deg(difference_deg: Numbers) -> Numbers:
    return np.asarray((difference_deg + 180.0) % _TURN_DEG - 180.0)


def _gauss(square: Numbers, variance: Numbers, share: float) -> Numbers:
    """Return a share of the densities of errors, given their squares."""
    return np.asarray(np.exp(-0.5 * square / variance) * (share / math.sqrt(2.0 * math.pi)) / np.sqrt(variance))


def _whole(need: Numbers) -> npt.NDArray[np.intp]:
    return np.clip(np.ceil(need), 1, _MOST_PARTS).astype(np.intp)
