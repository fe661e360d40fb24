"""Classes of land cover have names, and shares of them are shares."""

from __future__ import annotations

import pytest

from firewatch.domain.land import LandClass, LandShares
from firewatch.errors import InvalidValue


def test_every_class_is_found_by_its_name_and_no_other_is() -> None:
    assert [LandClass.of(kind.slug) for kind in LandClass] == list(LandClass)
    assert LandClass.TREE_COVER.slug == "tree-cover"
    with pytest.raises(InvalidValue, match="needleleaf"):
        LandClass.of("trees")


def test_forest_is_what_has_trees_on_land() -> None:
    assert [kind.slug for kind in LandClass if kind.is_forest] == [
        "tree-cover",
        "needleleaf",
        "broadleaf",
        "mixed-forest",
    ]
    shares = LandShares({LandClass.NEEDLELEAF: 0.5, LandClass.BROADLEAF: 0.25, LandClass.WATER: 0.25})
    assert shares.forest == 0.75


@pytest.mark.parametrize(
    ("shares", "known", "what"),
    [
        ({LandClass.WATER: 0.5}, 1.0, "a sum of 1"),
        ({LandClass.WATER: 1.5}, 1.0, "share of water"),
        ({LandClass.WATER: 1.0, LandClass.BARE: 0.0}, 1.0, "share of bare"),
        ({LandClass.WATER: 1.0}, 0.0, "known share"),
    ],
)
def test_shares_that_are_none_are_refused(shares: dict[LandClass, float], known: float, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        LandShares(shares, known)
