"""What a lens does: from a pixel to a ray in front of the camera, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite
from firewatch.domain.monotone import OddPolynomial
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Lens", "LensKind", "plain_lens"]

_MOST_STEPS = 50
# In units of the focal length: a hundred-thousandth of a pixel at any size of picture.
_CLOSE = 1e-13
# Tangent of the largest angle from the axis of a rectilinear lens, 89.4 degrees.
_STEEPEST = 100.0
_COEFFICIENTS = {"rectilinear": 5, "fisheye": 4}


class LensKind(StrEnum):
    """The family of a lens.

    RECTILINEAR: straight lines stay straight but for the distortion of Brown and Conrady (k1, k2, p1, p2, k3) [1]_.
    FISHEYE: the distance from the middle goes with the angle from the axis, as of Kannala and Brandt (k1 to k4) [2]_.

    References
    ----------
    .. [1] Brown, D. C. (1966), Decentering distortion of lenses, Photogrammetric Engineering 32, 444-462.
    .. [2] Kannala, J., Brandt, S. S. (2006), A generic camera model and calibration method for conventional,
       wide-angle, and fish-eye lenses, IEEE TPAMI 28, 1335-1340, eq. 6.
    """

    RECTILINEAR = "rectilinear"
    FISHEYE = "fisheye"


@dataclass(frozen=True, slots=True)
class Lens:
    """A lens at one zoom, in shares of the picture: it holds for every size of the same picture.

    Parameters
    ----------
    kind : LensKind
        Its family.
    focal : float
        Horizontal focal length over the picture's width, 0.05 to 100.
    distortion : tuple of float
        Rectilinear: k1, k2, p1, p2, k3; fisheye: k1, k2, k3, k4, the order of OpenCV; empty for none.
    centre_x, centre_y : float
        The principal point, where the axis meets the picture, over width and height, -0.5 to 1.5.
    pixel_aspect : float
        Vertical focal length over the horizontal one, both in pixels, 0.5 to 2.

    Raises
    ------
    InvalidValue
        If a number is out of range, or there are too few or too many coefficients.
    """

    kind: LensKind
    focal: float
    distortion: tuple[float, ...] = ()
    centre_x: float = 0.5
    centre_y: float = 0.5
    pixel_aspect: float = 1.0

    def __post_init__(self) -> None:
        require_between("focal length (picture widths)", self.focal, 0.05, 100.0)
        require_between("principal point x (picture widths)", self.centre_x, -0.5, 1.5)
        require_between("principal point y (picture heights)", self.centre_y, -0.5, 1.5)
        require_between("pixel aspect", self.pixel_aspect, 0.5, 2.0)
        wanted = _COEFFICIENTS[self.kind]
        if len(self.distortion) not in {0, wanted}:
            raise InvalidValue(f"distortion of a {self.kind} lens", self.distortion, f"none or {wanted} coefficients")
        for coefficient in self.distortion:
            require_finite("coefficient of distortion", coefficient)

    def scales_px(self, width_px: int, height_px: int) -> Numbers:
        """Return focal lengths and principal point of a picture of that size: fx, fy, cx, cy [px], shape (4,).

        Pixels are counted from the top-left corner: the middle of the first is 0.5, 0.5.
        """
        require_at_least("picture width (px)", width_px, 1)
        require_at_least("picture height (px)", height_px, 1)
        focal_px = self.focal * width_px
        return np.array([focal_px, focal_px * self.pixel_aspect, self.centre_x * width_px, self.centre_y * height_px])

    def zoomed(self, by: float) -> Lens:
        """Return the lens with `by` times the focal length, otherwise the same."""
        return Lens(self.kind, self.focal * by, self.distortion, self.centre_x, self.centre_y, self.pixel_aspect)

    def hfov_deg(self) -> float:
        """Return the angle between the middles of the picture's left and right edges [deg]."""
        edges = (np.array([[-self.centre_x, 0.0], [1.0 - self.centre_x, 0.0]])) / self.focal
        left, right = (math.atan2(x, z) for x, _, z in self._unbent(edges, edges))
        return math.degrees(right - left)

    def focal_gain(self) -> float:
        """Return by which share the focal length grows where the field of view is a radian wider; it is negative."""
        hfov = math.radians(self.hfov_deg())
        return -1.0 / hfov if self.kind is LensKind.FISHEYE else -1.0 / max(math.sin(hfov), 1e-3)

    def rays(self, pixels: Numbers, width_px: int, height_px: int) -> Numbers:
        """Return where pixels look.

        Parameters
        ----------
        pixels : ndarray, shape (n, 2)
            x and y from the top-left corner [px].
        width_px, height_px : int
            Size of their picture.

        Returns
        -------
        ndarray, shape (n, 3)
            Unit vectors: right, down, forward.

        Raises
        ------
        InvalidValue
            If a pixel lies where the distortion folds over: no ray of the lens reaches it.
        """
        fx, fy, cx, cy = self.scales_px(width_px, height_px)
        points = np.asarray(pixels, np.float64).reshape(-1, 2)
        return self._unbent((points - (cx, cy)) / (fx, fy), points)

    def pixels(self, rays: Numbers, width_px: int, height_px: int) -> Numbers:
        """Return where directions are seen, also beyond the picture's edge.

        Parameters
        ----------
        rays : ndarray, shape (n, 3)
            Right, down, forward, of any length.
        width_px, height_px : int
            Size of the picture.

        Returns
        -------
        ndarray, shape (n, 2)
            x and y [px]; NaN behind the camera, and where the distortion has no meaning any more.
        """
        fx, fy, cx, cy = self.scales_px(width_px, height_px)
        bent = self._bent(np.asarray(rays, np.float64).reshape(-1, 3))
        return np.asarray(bent * (fx, fy) + (cx, cy), np.float64)

    def _radial(self) -> OddPolynomial:
        terms = self.distortion or (0.0,) * 5
        if self.kind is LensKind.FISHEYE:
            return OddPolynomial(tuple(terms[:4]), math.pi)
        return OddPolynomial((terms[0], terms[1], terms[4]), _STEEPEST)

    def _bent(self, rays: Numbers) -> Numbers:
        right, down, forward = rays.T
        aside = np.hypot(right, down)
        if self.kind is LensKind.FISHEYE:
            polynomial = self._radial()
            angle = np.arctan2(aside, forward)
            safe = np.where(aside > 0.0, aside, 1.0)
            scale = np.where(angle < polynomial.limit, polynomial.value(angle) / safe, np.nan)
            return np.stack([right * scale, down * scale], axis=1)
        ahead = np.where(forward > 1e-9 * np.maximum(aside, 1e-300), forward, np.nan)
        flat = np.stack([right / ahead, down / ahead], axis=1)
        is_meant = np.hypot(flat[:, 0], flat[:, 1]) < self._radial().limit
        return np.where(is_meant[:, None], self._distorted(flat)[0], np.nan)

    def _unbent(self, bent: Numbers, asked: Numbers) -> Numbers:
        polynomial = self._radial()
        distance = np.hypot(bent[:, 0], bent[:, 1])
        if not self.distortion and self.kind is LensKind.RECTILINEAR:
            return _unit(bent)
        _require_reached(distance < polynomial.reach, asked, self.kind)
        along = polynomial.inverse(distance)
        if self.kind is LensKind.FISHEYE:
            scale = np.sin(along) / np.where(distance > 0.0, distance, 1.0)
            return np.stack([bent[:, 0] * scale, bent[:, 1] * scale, np.cos(along)], axis=1)
        first = bent * (along / np.where(distance > 0.0, distance, 1.0))[:, None]
        return _unit(self._undistorted(first, bent, asked))

    def _undistorted(self, first: Numbers, bent: Numbers, asked: Numbers) -> Numbers:
        """Return the points that the distortion takes to `bent`, by Newton's method from the radial solution."""
        enough = _CLOSE * (1.0 + np.hypot(bent[:, 0], bent[:, 1]))
        flat, steps = first, 0
        seen, slopes = self._distorted(flat)
        while (np.linalg.norm(bent - seen, axis=1) > enough).any() and steps < _MOST_STEPS:
            (a, b), (c, d) = slopes.transpose(1, 2, 0)
            determinant = a * d - b * c
            _require_reached(determinant > 0.0, asked, self.kind)
            x, y = (bent - seen).T
            flat = flat + np.stack([d * x - b * y, a * y - c * x], axis=1) / determinant[:, None]
            (seen, slopes), steps = self._distorted(flat), steps + 1
        _require_reached(np.linalg.norm(bent - seen, axis=1) < 1e3 * enough, asked, self.kind)
        return flat

    def _distorted(self, flat: Numbers) -> tuple[Numbers, Numbers]:
        """Return points of the picture's plane (n, 2) after distortion, and the derivatives (n, 2, 2)."""
        k1, k2, p1, p2, k3 = self.distortion or (0.0,) * 5
        x, y = flat.T
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        growth = 2.0 * (k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3))  # d(radial) / d(r2), times 2
        bent_x = x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)
        bent_y = y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y
        across = growth * x * y + 2.0 * (p1 * x + p2 * y)
        slopes = np.stack(
            [
                np.stack([radial + growth * x * x + 2.0 * p1 * y + 6.0 * p2 * x, across], axis=1),
                np.stack([across, radial + growth * y * y + 6.0 * p1 * y + 2.0 * p2 * x], axis=1),
            ],
            axis=1,
        )
        return np.stack([bent_x, bent_y], axis=1), slopes


def plain_lens(hfov_deg: float) -> Lens:
    """Return the lens without distortion of that horizontal field of view, above 0 and below 180 [deg]."""
    return Lens(LensKind.RECTILINEAR, 0.5 / math.tan(math.radians(hfov_deg) / 2.0))


def _unit(flat: Numbers) -> Numbers:
    rays = np.column_stack([flat, np.ones(len(flat))])
    return np.asarray(rays / np.linalg.norm(rays, axis=1)[:, None], np.float64)


def _require_reached(is_reached: npt.NDArray[np.bool_], asked: Numbers, kind: LensKind) -> None:
    if not is_reached.all():
        first = tuple(round(float(each), 2) for each in asked[int(np.argmin(is_reached))])
        allowed = f"where a ray of the {kind} lens arrives; beyond, its distortion folds over: calibrate it anew"
        raise InvalidValue("pixel", first, allowed)
