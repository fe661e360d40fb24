"""From a pixel to a direction, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_at_least, require_between
from firewatch.domain.geo import Bearing, wrap_deg
from firewatch.domain.lens import LensKind, plain_lens
from firewatch.domain.mounting import AngleErrors, orientation
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.lens import Lens
    from firewatch.domain.mounting import HeadOffset, Mount

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["PIXEL_SIGMA_PX", "Calibration", "Directions", "PicturePoint"]

# A place in a picture is known to half a pixel at best.
PIXEL_SIGMA_PX = 0.5
# Where nobody measured tilt and roll: a level by eye, and at least as bad as the azimuth [deg].
_UNMEASURED_DEG = 1.0
_MOST_HFOV_DEG = {LensKind.RECTILINEAR: 170.0, LensKind.FISHEYE: 260.0}
# Where the size of a picture does not matter, its shape hardly: wide as most are [px].
_ANY_PX = (1600, 900)
# The angles of a lens and of the calibration that carries it agree to this [deg].
_SAME_HFOV_DEG = 0.1


@dataclass(frozen=True, slots=True)
class PicturePoint:
    """A place in a picture, from its top-left corner [px]; the middle of the first pixel is 0.5, 0.5."""

    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Where pixels look, as aligned arrays.

    Parameters
    ----------
    azimuth_deg : ndarray, shape (n,)
        True azimuths in [0, 360) [deg].
    elevation_deg : ndarray, shape (n,)
        Above the level through the camera, -90 to 90 [deg].
    covariance_deg2 : ndarray, shape (n, 2, 2)
        Of azimuth and elevation [deg^2]: the part common to all pixels of a picture is in each.
    """

    azimuth_deg: Numbers
    elevation_deg: Numbers
    covariance_deg2: Numbers


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a camera at one pose maps its picture to the world.

    Parameters
    ----------
    calibration_id : str
        Names this calibration, so that a corrected azimuth can move old bearings.
    azimuth_deg : float
        True azimuth of the camera's axis, in [0, 360) [deg]: of the picture's middle, where the principal point is
        there. On a mount that leans, as the head's own circle tells it.
    tilt_deg : float
        Elevation of the axis, up positive, -90 to 90 [deg].
    hfov_deg : float
        Horizontal field of view, 1 to 150, with a lens up to 260 [deg].
    sigma_deg : float
        Standard deviation of the azimuth (survey, wind sway, lens) [deg].
    roll_deg : float
        Clockwise seen from behind the camera, -180 to 180 [deg].
    lens : Lens or None
        Focal length, principal point and distortion; None for a rectilinear lens without distortion, of that field of
        view, with the axis in the middle of the picture. Its field of view is `hfov_deg` to a tenth of a degree.
    mount : Mount or None
        Where the camera hangs and how level its head is; None where it hangs at its tower's position, level.
    errors : AngleErrors or None
        How well tilt, roll and field of view are known; None where nobody measured that.
    """

    calibration_id: str
    azimuth_deg: float
    tilt_deg: float
    hfov_deg: float
    sigma_deg: float
    roll_deg: float = 0.0
    lens: Lens | None = None
    mount: Mount | None = None
    errors: AngleErrors | None = None

    def __post_init__(self) -> None:
        require_between("camera azimuth (deg)", self.azimuth_deg, 0.0, math.nextafter(360.0, 0.0))
        require_between("camera tilt (deg)", self.tilt_deg, -90.0, 90.0)
        widest = 150.0 if self.lens is None else _MOST_HFOV_DEG[self.lens.kind]
        require_between("horizontal field of view (deg)", self.hfov_deg, 1.0, widest)
        require_between("azimuth sigma (deg)", self.sigma_deg, 1e-3, 90.0)
        require_between("camera roll (deg)", self.roll_deg, -180.0, 180.0)
        if self.lens is not None and abs(self.lens.hfov_deg() - self.hfov_deg) > _SAME_HFOV_DEG:
            allowed = f"that of its lens, {self.lens.hfov_deg():.2f}"
            raise InvalidValue("horizontal field of view (deg)", self.hfov_deg, allowed)

    @property
    def is_plain(self) -> bool:
        """Whether it is a rectilinear lens without distortion, not rolled, on a level head."""
        is_level = self.mount is None or self.mount.lean_deg == 0.0
        return self.lens is None and self.roll_deg == 0.0 and is_level

    @property
    def plain_hfov_deg(self) -> float:
        """The field of view of a rectilinear lens with this focal length: how large far things are in the middle."""
        return self.hfov_deg if self.lens is None else math.degrees(2.0 * math.atan(0.5 / self.lens.focal))

    @property
    def middle_deg(self) -> float:
        """The true azimuth of the picture's middle, [0, 360) [deg]; the axis may meet the picture beside it."""
        return float(self._middle().azimuth_deg[0])

    @property
    def effective_lens(self) -> Lens:
        """The lens: the stated one, or the plain one of the field of view."""
        return plain_lens(self.hfov_deg) if self.lens is None else self.lens

    @property
    def effective_errors(self) -> AngleErrors:
        """The stated errors, or what must be assumed: tilt and roll by eye, to a degree at best."""
        unmeasured = min(90.0, max(_UNMEASURED_DEG, self.sigma_deg))
        return AngleErrors(unmeasured, unmeasured) if self.errors is None else self.errors

    def focal_px(self, width_px: int) -> float:
        """Return the focal length in pixels of a picture `width_px` wide."""
        require_at_least("picture width (px)", width_px, 1)
        if self.lens is not None:
            return self.lens.focal * width_px
        return width_px / 2.0 / math.tan(math.radians(self.hfov_deg) / 2.0)

    def bearing_of(self, x_px: float, y_px: float, width_px: int, height_px: int) -> Bearing:
        """Return the true bearing of a pixel.

        Parameters
        ----------
        x_px, y_px : float
            Pixel, from the top-left corner of the picture.
        width_px, height_px : int
            Size of the picture that the pixel belongs to.

        Returns
        -------
        Bearing
            Azimuth of the ray through the pixel. Its sigma joins the calibration's with half a pixel; where the
            calibration states the errors of its other angles, these too.

        Raises
        ------
        InvalidValue
            If the pixel lies where the lens's distortion folds over.
        """
        if self.errors is not None or not self.is_plain:
            seen = self.directions(np.array([[x_px, y_px]]), width_px, height_px)
            joined = math.sqrt(seen.covariance_deg2[0, 0, 0])
            pixel_deg = math.degrees(PIXEL_SIGMA_PX / self.focal_px(width_px))
            sigma = joined if self.errors is not None else math.hypot(self.sigma_deg, pixel_deg)
            return Bearing(float(seen.azimuth_deg[0]), min(90.0, sigma))
        focal = self.focal_px(width_px)
        right = x_px - width_px / 2.0
        up = height_px / 2.0 - y_px
        tilt = math.radians(self.tilt_deg)
        forward = focal * math.cos(tilt) - up * math.sin(tilt)
        azimuth = wrap_deg(self.azimuth_deg + math.degrees(math.atan2(right, forward)))
        pixel_deg = math.degrees(PIXEL_SIGMA_PX / focal)
        return Bearing(azimuth, math.hypot(self.sigma_deg, pixel_deg))

    def directions(
        self, pixels: Numbers, width_px: int, height_px: int, pixel_sigma_px: Numbers | float = PIXEL_SIGMA_PX
    ) -> Directions:
        """Return where pixels look, with the error of that.

        Parameters
        ----------
        pixels : ndarray, shape (n, 2)
            x and y from the top-left corner [px].
        width_px, height_px : int
            Size of their picture.
        pixel_sigma_px : float or ndarray, shape (2,) or (n, 2)
            Standard deviation of their places, across and down [px].

        Returns
        -------
        Directions
            The covariance joins, to first order, the errors of azimuth, tilt, roll, field of view and lean, and of
            the pixels. Near the zenith an azimuth means little, and its error says so.

        Raises
        ------
        InvalidValue
            If a pixel lies where the lens's distortion folds over.
        """
        points = np.asarray(pixels, np.float64).reshape(-1, 2)
        lens = self.effective_lens
        rays = lens.rays(points, width_px, height_px)
        slopes = _ray_slopes(lens, points, width_px, height_px)
        turned = self._axes()
        world = rays @ turned.T
        azimuth = np.degrees(np.arctan2(world[:, 0], world[:, 1]))
        level = np.hypot(world[:, 0], world[:, 1])
        elevation = np.degrees(np.arctan2(world[:, 2], level))
        _, _, cx, cy = lens.scales_px(width_px, height_px)
        focal = -np.einsum("nij,nj->ni", slopes, points - (cx, cy)) * lens.focal_gain()
        steps = np.concatenate([self._angle_steps(world), (focal @ turned.T)[:, None]], axis=1)
        common = _seen_covariance(world, steps, self._parameter_covariance())
        sigmas = np.broadcast_to(np.asarray(pixel_sigma_px, np.float64), points.shape)
        moved = np.einsum("ij,njk,nk->nki", turned, slopes, sigmas)
        own = _seen_covariance(world, moved, np.eye(2))
        wrapped = np.mod(azimuth, 360.0)
        return Directions(np.where(wrapped >= 360.0, 0.0, wrapped), elevation, np.degrees(np.degrees(common + own)))  # noqa: PLR2004

    def pixels(self, azimuth_deg: Numbers, elevation_deg: Numbers, width_px: int, height_px: int) -> Numbers:
        """Return where directions are seen, also beyond the picture's edge.

        Parameters
        ----------
        azimuth_deg, elevation_deg : ndarray, shape (n,)
            True azimuths, and elevations above the level through the camera [deg].
        width_px, height_px : int
            Size of the picture.

        Returns
        -------
        ndarray, shape (n, 2)
            x and y [px]; NaN behind the camera and where the lens's distortion has no meaning any more.
        """
        azimuth, elevation = np.radians(np.asarray(azimuth_deg)), np.radians(np.asarray(elevation_deg))
        level = np.cos(elevation)
        world = np.stack([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)], axis=-1)
        return self.effective_lens.pixels(world @ self._axes(), width_px, height_px)

    def point_of(self, azimuth_deg: float, elevation_deg: float, width_px: int, height_px: int) -> PicturePoint | None:
        """Return where a direction is seen in the picture; None outside it and behind the camera."""
        x, y = self.pixels(np.array([azimuth_deg]), np.array([elevation_deg]), width_px, height_px)[0]
        is_inside = 0.0 <= x <= width_px and 0.0 <= y <= height_px
        return PicturePoint(float(x), float(y)) if is_inside else None

    def across(self, azimuth_deg: float) -> float | None:
        """Return where an azimuth is seen at the elevation of the picture's middle, from the left edge to the right.

        Parameters
        ----------
        azimuth_deg : float
            True azimuth [deg].

        Returns
        -------
        float or None
            As a share of the width: 0 to 1 in the picture, less or more beside it; None behind the camera and where
            the lens's distortion has no meaning any more.
        """
        elevation = self._middle().elevation_deg
        x = self.pixels(np.array([azimuth_deg]), elevation, *_ANY_PX)[0, 0] / _ANY_PX[0]
        return float(x) if math.isfinite(x) else None

    def azimuth_at(self, across: float) -> float:
        """Return the true azimuth of a place on the picture's middle row, a share of the width [deg]; see `across`."""
        return self.bearing_of(across * _ANY_PX[0], 0.5 * _ANY_PX[1], *_ANY_PX).azimuth_deg

    def aside(self, offset: HeadOffset | None) -> Calibration:
        """Return how the camera looks from a head that stands a little beside the pose, under the same name.

        Parameters
        ----------
        offset : HeadOffset or None
            By how much, as the head tells it; None where it stands at the pose, or tells nothing.
        """
        if offset is None:
            return self
        lens = self.effective_lens.zoomed(offset.focal)
        return replace(
            self,
            azimuth_deg=wrap_deg(self.azimuth_deg + offset.azimuth_deg),
            tilt_deg=min(90.0, max(-90.0, self.tilt_deg + offset.tilt_deg)),
            hfov_deg=lens.hfov_deg(),
            lens=None if self.lens is None else lens,
        )

    def _middle(self) -> Directions:
        return self.directions(np.array([[0.5 * _ANY_PX[0], 0.5 * _ANY_PX[1]]]), *_ANY_PX)

    def _axes(self) -> Numbers:
        """Return the camera's right, down and forward as columns of east, north, up, shape (3, 3)."""
        axes = orientation(self.azimuth_deg, self.tilt_deg, self.roll_deg)
        return axes if self.mount is None else self.mount.levelling() @ axes

    def _angle_steps(self, world: Numbers) -> Numbers:
        """Return how directions (n, 3) move with azimuth, tilt, roll and the lean's two parts, shape (n, 5, 3)."""
        level = orientation(self.azimuth_deg, 0.0, 0.0)
        lean = np.eye(3) if self.mount is None else self.mount.levelling()
        turns = (
            lean @ np.array([0.0, 0.0, -1.0]),
            lean @ level[:, 0],
            self._axes()[:, 2],
            np.array([1.0, 0.0, 0.0]),
            np.array([0.0, 1.0, 0.0]),
        )
        return np.stack([np.cross(axis, world) for axis in turns], axis=1)

    def _parameter_covariance(self) -> Numbers:
        """Return the covariance of azimuth, tilt, roll, the lean's two parts and field of view, (6, 6) [rad^2]."""
        whole = np.zeros((6, 6))
        stated = (0, 1, 2, 5)
        whole[np.ix_(stated, stated)] = self.effective_errors.covariance(self.sigma_deg)
        lean = 0.0 if self.mount is None else math.radians(self.mount.lean_sigma_deg)
        whole[3, 3] = whole[4, 4] = lean * lean
        return whole


def _ray_slopes(lens: Lens, points: Numbers, width_px: int, height_px: int) -> Numbers:
    """Return how rays change by pixel, shape (n, 3, 2) [1/px], by differences over a hundredth of a pixel."""
    step = 0.01
    sides = np.array([[step, 0.0], [0.0, step], [-step, 0.0], [0.0, -step]])
    rays = lens.rays((points[None] + sides[:, None]).reshape(-1, 2), width_px, height_px).reshape(4, -1, 3)
    return np.asarray(np.moveaxis(rays[:2] - rays[2:], 0, 2) / (2.0 * step), np.float64)


def _seen_covariance(world: Numbers, steps: Numbers, covariance: Numbers) -> Numbers:
    """Return the covariance of azimuth and elevation [rad^2], shape (n, 2, 2).

    Parameters
    ----------
    world : ndarray, shape (n, 3)
        Unit directions: east, north, up.
    steps : ndarray, shape (n, k, 3)
        How they move by each of k parameters.
    covariance : ndarray, shape (k, k)
        Of the parameters.
    """
    east, north, up = world.T
    # At the zenith every azimuth is as good: north is taken, a millionth of a radian off.
    is_upright = np.hypot(east, north) < 1e-6  # noqa: PLR2004
    east, north = np.where(is_upright, 0.0, east), np.where(is_upright, 1e-6, north)
    level2 = east * east + north * north
    level = np.sqrt(level2)
    azimuth = (north[:, None] * steps[:, :, 0] - east[:, None] * steps[:, :, 1]) / level2[:, None]
    along = (east[:, None] * steps[:, :, 0] + north[:, None] * steps[:, :, 1]) / level[:, None]
    elevation = level[:, None] * steps[:, :, 2] - up[:, None] * along
    slopes = np.stack([azimuth, elevation], axis=1)
    return np.asarray(slopes @ covariance @ slopes.transpose(0, 2, 1), np.float64)
