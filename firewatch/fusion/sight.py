"""What towers say of one smoke: where they see it, who sees nothing, and what ground lies between."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from firewatch.domain.checks import require_between, require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from firewatch.domain.geo import Bearing, Position
    from firewatch.domain.ids import TowerId
    from firewatch.terrain import TerrainGrid

    Heights: TypeAlias = npt.NDArray[np.float32]

__all__ = ["ElevationAngle", "Eye", "Ground", "NotSeen", "SightLine", "SightRules", "mean_angle"]


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera on its tower.

    Parameters
    ----------
    tower_id : TowerId
        The tower.
    position : Position
        Where it stands, WGS 84.
    range_m : float
        How far it sees smoke on a clear day [m]: at that distance every second smoke is found.
    height_m : float or None
        Of the lens above the geoid [m]; None where unknown: elevation angles then say nothing.
    """

    tower_id: TowerId
    position: Position
    range_m: float
    height_m: float | None = None

    def __post_init__(self) -> None:
        require_text("tower", self.tower_id, 64)
        require_between("range (m)", self.range_m, 100.0, 60_000.0)
        if self.height_m is not None:
            require_between("height of the lens (m)", self.height_m, -500.0, 9_500.0)


@dataclass(frozen=True, slots=True)
class ElevationAngle:
    """How high above the horizontal the lowest visible smoke stands.

    Parameters
    ----------
    angle_deg : float
        Above the horizontal plane of the lens, negative below it, -90 to 90 [deg].
    sigma_deg : float
        Standard deviation, above 0 and at most 90 [deg].
    """

    angle_deg: float
    sigma_deg: float

    def __post_init__(self) -> None:
        require_between("elevation angle (deg)", self.angle_deg, -90.0, 90.0)
        require_between("elevation sigma (deg)", self.sigma_deg, 1e-6, 90.0)


def mean_angle(angles: Sequence[ElevationAngle]) -> ElevationAngle:
    """Return the weighted mean of some angles of one camera, at least one.

    It is no surer than they are, for they share the camera's tilt, and less sure where they differ.
    """
    weights = [angle.sigma_deg**-2 for angle in angles]
    total = math.fsum(weights)
    mean_deg = math.fsum(w * angle.angle_deg for w, angle in zip(weights, angles, strict=True)) / total
    spread = math.fsum(w * (angle.angle_deg - mean_deg) ** 2 for w, angle in zip(weights, angles, strict=True)) / total
    return ElevationAngle(mean_deg, min(90.0, math.sqrt(len(angles) / total + spread)))


@dataclass(frozen=True, slots=True)
class SightLine:
    """A direction in which one camera sees smoke.

    Parameters
    ----------
    eye : Eye
        The camera.
    bearing : Bearing
        True azimuth of the plume with its standard deviation.
    elevation : ElevationAngle or None
        Of the plume's base; None where the tilt of the camera is not known.
    """

    eye: Eye
    bearing: Bearing
    elevation: ElevationAngle | None = None


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A camera that was looking, with open eyes, and saw no smoke.

    Parameters
    ----------
    eye : Eye
        The camera.
    middle_deg, half_width_deg : float
        True azimuth of the middle of its picture, and half its field of view; 180 for one that turns around [deg].
    chance : float
        That it would have found a smoke near by in plain sight, 0 to 1.
    nearest_m : float
        Nearer to the camera its silence says nothing: what lies there is below its picture, 0 or more [m].
    """

    eye: Eye
    middle_deg: float
    half_width_deg: float
    chance: float = 0.9
    nearest_m: float = 0.0

    def __post_init__(self) -> None:
        require_between("middle of the picture (deg)", self.middle_deg, 0.0, 360.0)
        require_between("half the field of view (deg)", self.half_width_deg, 0.1, 180.0)
        require_between("chance to find a smoke", self.chance, 0.0, 1.0)
        require_between("nearest place in view (m)", self.nearest_m, 0.0, 60_000.0)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The shape of the ground, and what each tower sees of it.

    Parameters
    ----------
    terrain : TerrainGrid
        Heights; fires are located on its plane.
    least_visible_m : mapping of TowerId to ndarray (rows, columns), float32
        How high above the ground a thing must stand to be seen from that tower, cell by cell as in the terrain: 0 in
        plain sight [m]. NaN where nobody knows: taken as plain sight of a tower that sees the smoke, and as hidden of a
        silent one. A tower that is not named sees everything.

    Raises
    ------
    InvalidValue
        If an array does not have the terrain's shape.
    """

    terrain: TerrainGrid
    least_visible_m: Mapping[TowerId, Heights] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tower_id, heights in self.least_visible_m.items():
            if heights.shape != self.terrain.shape:
                raise InvalidValue(f"least visible height of {tower_id}", heights.shape, f"{self.terrain.shape}")


@dataclass(frozen=True, slots=True)
class SightRules:
    """How sightings err; design choices until operators' matches and landmarks say better.

    Parameters
    ----------
    off_share : float
        How many azimuths are wrong by more than their sigma tells: a mast that turned, a magnetic north taken for a
        true one, a cloud beside the smoke. One in a hundred.
    off_sigma_deg : float
        By how much those are wrong, standard deviation, at least 5 [deg].
    astray_share : float
        Of those, how many point anywhere: another preset, another smoke. One in ten.
    tilt_off_share, tilt_off_sigma_deg : float
        The same of elevation angles; a tree or haze before the foot of the plume is the usual reason.
    base_m, base_sigma_m : float
        Height of the lowest visible smoke above the terrain model, where the ground is in plain sight: canopy, haze
        and the model's own error [m].
    rise_m : float
        Mean height to which a young plume stands; the chance to see one over a ridge that hides the lowest h metres is
        exp(-h / rise_m).
    range_softness : float
        Width of the decline of the chance to find a smoke around the range of a camera, as a share of it (logistic).
    least_silence : float
        What the silence of a camera can at most make of a place's chance, above 0: no silence rules a place out.
    least_sigma_deg : float
        No mast stands stiller than this, whatever is stated [deg].
    """

    off_share: float = 0.01
    off_sigma_deg: float = 5.0
    astray_share: float = 0.1
    tilt_off_share: float = 0.02
    tilt_off_sigma_deg: float = 2.0
    base_m: float = 8.0
    base_sigma_m: float = 10.0
    rise_m: float = 150.0
    range_softness: float = 0.1
    least_silence: float = 0.1
    least_sigma_deg: float = 0.002

    def __post_init__(self) -> None:
        require_between("share of wrong azimuths", self.off_share, 0.0, 0.5)
        require_between("sigma of wrong azimuths (deg)", self.off_sigma_deg, 5.0, 90.0)
        require_between("share of azimuths astray", self.astray_share, 0.0, 1.0)
        require_between("share of wrong tilts", self.tilt_off_share, 0.0, 0.5)
        require_between("sigma of wrong tilts (deg)", self.tilt_off_sigma_deg, 0.1, 90.0)
        require_between("height of the base (m)", self.base_m, 0.0, 200.0)
        require_between("sigma of the base (m)", self.base_sigma_m, 1.0, 200.0)
        require_between("rise of a plume (m)", self.rise_m, 1.0, 5_000.0)
        require_between("softness of the range", self.range_softness, 0.01, 1.0)
        require_between("least silence", self.least_silence, 1e-3, 1.0)
        require_between("least sigma (deg)", self.least_sigma_deg, 1e-3, 10.0)
