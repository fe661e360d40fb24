"""Pyronear's cases of triangulation hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fires_seen import members, sighting

from firewatch.domain.geo import Bearing, Position
from firewatch.domain.ids import SightingId, TowerId
from firewatch.fusion import AssociationRules, Placed, partition
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.shared
def test_the_groups_of_pyronears_cases_are_found(shared_data: Path) -> None:
    """Sigma: half the opening angle of each cone."""
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())
    checked = 0
    for case in vectors["triangulation"]["cases"]:
        expected = case.get("expected_groups") or case.get("expected_groups_slack_1800")
        if expected is None:
            continue
        seen = [
            sighting(
                f"{c['id']:03d}",
                f"t{c['id']}",
                c["azimuth_deg"],
                position=Position(c["lat"], c["lon"]),
                sigma_deg=c["cone_angle_deg"] / 2.0,
                range_m=35_000.0,
            )
            for c in case["in"]
        ]
        assert members(partition(seen)) == [[f"{number:03d}" for number in group] for group in expected], case["name"]
        checked += 1
    assert checked == 5


def _as_seen(cameras: list[dict[str, Any]], offsets_s: dict[str, list[float]] | None = None) -> list[Placed]:
    return [
        sighting(
            f"{c['id']:03d}",
            f"t{c['id']}",
            c["azimuth_deg"],
            (offsets_s or {}).get(str(c["id"]), [0.0])[0] / 60.0,
            position=Position(c["lat"], c["lon"]),
            sigma_deg=c["cone_angle_deg"] / 2.0,
            range_m=35_000.0,
        )
        for c in cameras
    ]


@pytest.mark.shared
def test_pyronears_time_gate_and_positions_hold(shared_data: Path) -> None:
    """Windows 30 s apart are two fires without slack, one with half an hour; positions are those of the geodesics."""
    cases = json.loads((shared_data / "location" / "vectors.json").read_text())["triangulation"]["cases"]
    (gate,) = [case for case in cases if "started_last_seen_offsets_s" in case]
    seen = _as_seen(gate["in"], gate["started_last_seen_offsets_s"])
    for slack_s in (0, 1800):
        groups = partition(seen, AssociationRules(timedelta(seconds=slack_s)))
        expected = [[f"{number:03d}" for number in group] for group in gate[f"expected_groups_slack_{slack_s}"]]
        assert sorted(members(groups)) == expected
    checked = 0
    for case in cases:
        known = case.get("reference_exact_intersection") or case.get("reference_least_squares_123")
        if known is not None:
            # The reference weighs all bearings alike.
            seen = [replace(one, bearing=Bearing(one.bearing.azimuth_deg, 1.0)) for one in _as_seen(case["in"])]
            fixes = [group.fix for group in partition(seen) if group.fix is not None]
            assert len(fixes) == 1, case["name"]
            assert inverse(fixes[0].position, Position(*known)).distance_m < 5.0, case["name"]
            checked += 1
    assert checked == 4


@pytest.mark.shared
def test_the_three_alerts_of_one_fire_whose_windows_start_apart_are_one(shared_data: Path) -> None:
    """Pyronear's alerts 38720 to 38722: three cones that overlap pairwise, 17 s apart, must be one incident."""
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())["triangulation"]
    assert "17 s apart" in vectors["incident"]
    three = vectors["cases"][0]["in"][:3]
    seen = _as_seen(three, {str(c["id"]): [17.0 * number] for number, c in enumerate(three)})
    (group,) = partition(seen)
    assert (len(group.members), group.freedom, group.rivals) == (3, 1, 0)
    # A second camera on one of the masts makes no second fire of it.
    beside = replace(seen[2], sighting_id=SightingId("999"), tower_id=TowerId("t999"))
    (group,) = partition([*seen, beside])
    assert (len(group.members), len(group.residuals)) == (4, 3)
