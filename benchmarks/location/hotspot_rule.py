"""How well two rules tell an incident's own hotspot from another fire's: by chi-square, and by one isotropic scale.

`python benchmarks/location/hotspot_rule.py` draws fires with the errors of two or three towers, the element of a
satellite that holds each, and hotspots of other fires, uniform over 20 x 20 km and 6 hours. Printed are the area under
the curve of true against other ones, the share of true ones that each rule counts (the second: above 0.01), and the
mean strength of both kinds. The second rule is the one that belief had until it took the first: half a side of 1 km for
any satellite without a told area, the longer axis of the fix in every direction, and the time from the first frame.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sklearn.metrics import roc_auc_score

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.hotspot import Hotspot
from firewatch.domain.ids import IncidentId
from firewatch.fusion.hotspots import SeenFire, element_side_m, match_hotspot
from firewatch.fusion.nearby import near_hotspot
from firewatch.geodesy import LocalPlane, PlanePoint, inverse

_NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
_PLANE = LocalPlane(Position(26.9, 112.6))
_OTHERS_M, _OTHERS_MIN = 10_000.0, 360.0
_BEFORE_MIN, _COUNTED = -360.0, 0.01


@dataclass(frozen=True)
class _Scored:
    chi_square: float
    isotropic: float
    is_kept: bool
    was_kept: bool


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000, help="of each kind and row")
    args = parser.parse_args()
    rng = np.random.default_rng(41)
    print(
        "| satellite | fix (1 sigma) | AUC chi-square | AUC isotropic | true counted | isotropic "
        "| strength true / other | isotropic |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for satellite in ("N20", "Himawari-9"):
        for major_m, minor_m in ((150.0, 80.0), (600.0, 100.0), (2500.0, 150.0)):
            true, other = (
                [_draw(rng, satellite, (major_m, minor_m), is_own=own) for _ in range(args.draws)]
                for own in (True, False)
            )
            print(_row(f"{satellite} | {major_m:.0f} x {minor_m:.0f} m", true, other))


def _row(head: str, true: list[_Scored], other: list[_Scored]) -> str:
    labels = [1] * len(true) + [0] * len(other)
    ours, theirs = ([getattr(one, name) for one in (*true, *other)] for name in ("chi_square", "isotropic"))
    kept = [np.mean([getattr(one, name) for one in true]) for name in ("is_kept", "was_kept")]
    means = [
        f"{np.mean([getattr(one, name) for one in true]):.2f} / {np.mean([getattr(one, name) for one in other]):.3f}"
        for name in ("chi_square", "isotropic")
    ]
    auc = f"{roc_auc_score(labels, ours):.3f} | {roc_auc_score(labels, theirs):.3f}"
    return f"| {head} | {auc} | {kept[0]:.1%} | {kept[1]:.1%} | {means[0]} | {means[1]} |"


def _draw(rng: np.random.Generator, satellite: str, axes_m: tuple[float, float], *, is_own: bool) -> _Scored:
    azimuth = rng.uniform(0.0, 180.0)
    theta = math.radians(azimuth)
    along, across = rng.normal(0.0, axes_m)
    fire = np.array(
        [along * math.sin(theta) + across * math.cos(theta), along * math.cos(theta) - across * math.sin(theta)]
    )
    lasts_min = rng.exponential(60.0)
    minutes = rng.uniform(-90.0, lasts_min + 90.0) if is_own else rng.uniform(-_OTHERS_MIN / 2.0, _OTHERS_MIN / 2.0)
    side = element_side_m(Hotspot(_PLANE.origin, _NOON, satellite))
    placed = rng.uniform(-side / 2.0, side / 2.0, 2) + rng.normal(0.0, side / 4.0, 2)
    middle = fire + placed if is_own else rng.uniform(-_OTHERS_M, _OTHERS_M, 2)
    spot = Hotspot(_PLANE.unproject(PlanePoint(*middle)), _NOON + timedelta(minutes=minutes), satellite)
    fix = Fix(_PLANE.origin, ErrorEllipse(*axes_m, azimuth))
    seen = SeenFire(IncidentId("A"), _NOON, _NOON + timedelta(minutes=lasts_min), fix)
    near = near_hotspot([spot], seen)
    distance_m = inverse(fix.position, spot.position).distance_m
    isotropic = 0.6 * math.exp(-0.5 * (distance_m / math.hypot(500.0, max(100.0, axes_m[0]))) ** 2)
    strength = isotropic * 0.5 ** (abs(minutes) / 60.0)
    was_within = _BEFORE_MIN <= minutes <= lasts_min + 60.0
    return _Scored(
        0.0 if near is None else near.strength,
        strength * was_within,
        match_hotspot(spot, [seen]) is not None,
        was_within and strength > _COUNTED,
    )


if __name__ == "__main__":
    main()
