from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fires_seen import FIRE, PLANE, SECOND, TOWERS, members, of, place, sighting

from firewatch.domain.ids import SightingId, TowerId
from firewatch.errors import InvalidValue
from firewatch.fusion import ONE_PLACE_ONLY, SEVERAL_PLACES, AssociationRules, ElevationAngle, Ground, partition
from firewatch.fusion.crossings import find_candidates
from firewatch.fusion.ground_odds import GroundOdds
from firewatch.fusion.links import Links
from firewatch.fusion.rays import gather_rays
from firewatch.fusion.sheet import lay_out
from firewatch.geodesy import inverse
from firewatch.terrain import TerrainGrid
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import Position
    from firewatch.fusion import Group, Placed

LENS_M = 400.0
CELLS, CELL_M = 401, 100.0
EDGE_M = CELL_M * (CELLS - 1) / 2.0


def hills(**seen: np.ndarray) -> Ground:
    """Return ground that rises to the north-east by a third, so that each of four crossings has its own height."""
    east, north = np.meshgrid(np.linspace(-EDGE_M, EDGE_M, CELLS), np.linspace(EDGE_M, -EDGE_M, CELLS))
    heights = (150.0 + 0.3 * east + 0.15 * north).astype(np.float32)
    terrain = TerrainGrid(PLANE, -EDGE_M, EDGE_M, CELL_M, heights)
    return Ground(terrain, {TowerId(name): least_m for name, least_m in seen.items()})


HILLS = hills()


def seen(fire: Position, name: str, tower: str, minute: float = 0.0, **other: float) -> Placed:
    """Return a sighting with the true angle of the fire's foot, or one wrong by so much."""
    wrong_deg = other.pop("wrong_deg", 0.0)
    at = PLANE.project(fire)
    ground_m = float(HILLS.terrain.height_at(np.array(at.east_m), np.array(at.north_m)))
    away_m = inverse(TOWERS[tower], fire).distance_m
    angle = math.degrees(math.atan2(ground_m + 8.0 - LENS_M - float(drop_m(away_m)), away_m)) + wrong_deg
    return of(fire, name, tower, minute, elevation=ElevationAngle(angle, 0.1), height_m=LENS_M, **other)


def four_crossings() -> list[Placed]:
    return [seen(fire, f"{tower}{number}", tower) for number, fire in enumerate((FIRE, SECOND)) for tower in ("a", "b")]


def blind(sightings: Sequence[Placed]) -> list[Placed]:
    return [replace(one, elevation=None) for one in sightings]


def far_m(group: Group, fire: Position) -> float:
    return math.inf if group.fix is None else inverse(group.fix.position, fire).distance_m


def test_the_ground_tells_two_fires_of_two_towers_from_their_ghosts() -> None:
    bearings_alone = partition(four_crossings())
    assert {group.why_not for group in bearings_alone} == {SEVERAL_PLACES}
    one, other = partition(four_crossings(), ground_of=lambda _: HILLS)
    assert members((one, other)) == [["a0", "b0"], ["a1", "b1"]]
    assert far_m(one, FIRE) < 50.0
    assert far_m(other, SECOND) < 50.0
    assert min(one.chance, other.chance) > 0.99


def test_two_smokes_that_one_tower_each_sees_make_no_ghost_where_the_ground_lies_otherwise() -> None:
    alone = [seen(FIRE, "s1", "a"), seen(SECOND, "s2", "b")]
    (ghost,) = partition(alone)
    assert ghost.fix is not None
    told = partition(alone, ground_of=lambda _: HILLS)
    assert [group.why_not for group in told] == [ONE_PLACE_ONLY, ONE_PLACE_ONLY]


def test_a_place_behind_a_ridge_is_not_believed_even_without_angles() -> None:
    """Of the four crossings the ghosts alone are hidden from one of the towers."""
    cells = hills().terrain.shape
    least_m = np.zeros(cells, np.float32)
    for ghost in _ghosts():
        row, column = (round(float(v)) for v in HILLS.terrain.row_column(*_at(ghost)))
        least_m[row - 10 : row + 11, column - 10 : column + 11] = 1500.0
    told = partition(blind(four_crossings()), ground_of=lambda _: hills(a=least_m))
    assert members(told) == [["a0", "b0"], ["a1", "b1"]]
    assert all(group.fix is not None for group in told)


def _ghosts() -> list[Position]:
    pairs = [("a0", "b1"), ("a1", "b0")]
    by_name = {one.sighting_id: one for one in four_crossings()}
    groups = [partition([by_name[SightingId(name)] for name in pair]) for pair in pairs]
    return [group.fix.position for (group,) in groups if group.fix is not None]


def _at(where: Position) -> tuple[np.ndarray, np.ndarray]:
    at = PLANE.project(where)
    return np.array(at.east_m), np.array(at.north_m)


def test_ground_without_angles_and_in_plain_sight_changes_nothing() -> None:
    plain = partition(blind(four_crossings()))
    told = partition(blind(four_crossings()), ground_of=lambda _: HILLS)
    assert members(told) == members(plain)
    assert [group.chance for group in told] == pytest.approx([group.chance for group in plain], abs=1e-9)


def test_angles_without_the_height_of_the_lens_or_over_unknown_ground_change_nothing() -> None:
    plain = partition(four_crossings())
    nowhere = Ground(TerrainGrid(PLANE, 60_000.0, 90_000.0, 100.0, np.zeros((2, 2), np.float32)))
    lensless = partition([replace(one, height_m=None) for one in four_crossings()], ground_of=lambda _: HILLS)
    unknown = partition(four_crossings(), ground_of=lambda _: nowhere)
    for told in (lensless, unknown):
        assert [group.chance for group in told] == pytest.approx([group.chance for group in plain], abs=1e-9)


def test_only_the_towers_whose_bearings_cross_are_asked_for() -> None:
    asked: list[list[str]] = []

    def ground_of(towers: Sequence[TowerId]) -> Ground | None:
        asked.append(sorted(towers))
        return None

    lonely = sighting("s9", "d", 45.0)
    assert partition([*four_crossings(), lonely], ground_of=ground_of) == partition([*four_crossings(), lonely])
    assert asked == [["a", "b"]]
    partition([seen(FIRE, "s1", "a"), lonely], ground_of=ground_of)
    assert asked == [["a", "b"]]


def test_what_a_person_said_holds_against_the_ground() -> None:
    told = [seen(FIRE, "s1", "a", wrong_deg=6.0), seen(FIRE, "s2", "b", wrong_deg=-6.0)]
    assert len(partition(told, ground_of=lambda _: HILLS)) == 2
    links = Links((frozenset({SightingId("s1"), SightingId("s2")}),))
    assert members(partition(told, links=links, ground_of=lambda _: HILLS)) == [["s1", "s2"]]


def test_the_order_of_arrival_does_not_matter() -> None:
    expected = partition(four_crossings(), ground_of=lambda _: HILLS)
    for order in permutations(four_crossings()):
        assert partition(order, ground_of=lambda _: HILLS) == expected


def test_angles_of_one_camera_are_averaged_and_their_spread_counts() -> None:
    """Two angles that are wrong by two degrees, one up and one down, say what their mean says, less surely."""
    steady = _odds([seen(FIRE, "s1", "a"), seen(FIRE, "s2", "b")])
    shaky = _odds(
        [*(seen(FIRE, f"s{n}", "a", n, wrong_deg=w) for n, w in ((1, 2.0), (3, -2.0))), seen(FIRE, "s2", "b")]
    )
    wrong = _odds([seen(FIRE, "s1", "a", wrong_deg=2.0), seen(FIRE, "s2", "b")])
    assert steady > shaky > wrong


def test_an_angle_of_another_camera_that_hangs_higher_does_not_mix() -> None:
    other = replace(seen(FIRE, "s3", "a", 3, wrong_deg=5.0), height_m=LENS_M + 30.0)
    assert _odds([seen(FIRE, "s1", "a"), other, seen(FIRE, "s2", "b")]) == pytest.approx(
        _odds([seen(FIRE, "s1", "a"), seen(FIRE, "s2", "b")]), abs=0.05
    )


def test_what_no_ground_could_save_is_not_looked_at() -> None:
    (sheet,) = lay_out(gather_rays([seen(FIRE, "s1", "a"), seen(FIRE, "s2", "b")], AssociationRules()))
    (found,) = find_candidates(sheet, AssociationRules(), frozenset())
    odds = GroundOdds(sheet, HILLS, AssociationRules())
    looked, most = odds.gains(found, np.zeros(1)), odds.gains(found, np.full(1, -1e6))
    assert np.isfinite(most).all()
    assert (looked <= most + 1e-9).all()


def _odds(sightings: list[Placed]) -> float:
    (sheet,) = lay_out(gather_rays(sightings, AssociationRules()))
    (found,) = find_candidates(sheet, AssociationRules(), frozenset())
    return float(GroundOdds(sheet, HILLS, AssociationRules()).gains(found, np.zeros(1))[0])


def test_a_lens_has_a_height_on_earth() -> None:
    with pytest.raises(InvalidValue, match="height of the lens"):
        of(place(0.0, 0.0), "s1", "a", height_m=20_000.0)
