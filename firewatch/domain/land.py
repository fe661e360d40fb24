"""What covers the ground: the classes that every map of it is brought to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UNKNOWN_LAND", "LandClass", "LandShares"]

# The code of ground of which a map says nothing.
UNKNOWN_LAND = 0


class LandClass(IntEnum):
    """A class of land cover; its value is its code in our tiles.

    The codes in tens, and 95, are those of ESA WorldCover. 11 to 13 are our own, for maps that tell forests apart.

    References
    ----------
    .. [1] Zanaga et al. (2022), ESA WorldCover 10 m 2021 v200, product user manual, table 1.
    """

    TREE_COVER = 10
    NEEDLELEAF = 11
    BROADLEAF = 12
    MIXED_FOREST = 13
    SHRUBLAND = 20
    GRASSLAND = 30
    CROPLAND = 40
    BUILT_UP = 50
    BARE = 60
    SNOW = 70
    WATER = 80
    WETLAND = 90
    MANGROVES = 95
    MOSS = 100

    @property
    def slug(self) -> str:
        """Its name in settings and tables: ``tree-cover``."""
        return self.name.lower().replace("_", "-")

    @property
    def is_forest(self) -> bool:
        """Whether it is covered by trees on land."""
        return self <= LandClass.MIXED_FOREST

    @classmethod
    def of(cls, slug: str) -> LandClass:
        """Return the class of a name; raise `InvalidValue` where there is none."""
        found = next((one for one in cls if one.slug == slug), None)
        if found is None:
            raise InvalidValue("class of land cover", slug, f"one of {', '.join(one.slug for one in cls)}")
        return found


@dataclass(frozen=True, slots=True, eq=False)
class LandShares:
    """How much of some ground each class covers.

    Parameters
    ----------
    shares : mapping of LandClass to float
        Of the ground that the map knows, above 0; they sum to 1.
    known : float
        Share of the ground that the map knows, above 0 and at most 1.

    Raises
    ------
    InvalidValue
        If a number is out of range, or the shares do not sum to 1.
    """

    shares: Mapping[LandClass, float]
    known: float = 1.0

    def __post_init__(self) -> None:
        require_between("known share of the ground", self.known, 1e-9, 1.0)
        for kind, share in self.shares.items():
            require_between(f"share of {kind.slug}", share, 1e-12, 1.0 + 1e-9)
        total = math.fsum(self.shares.values())
        if not math.isclose(total, 1.0, abs_tol=1e-6):
            raise InvalidValue("shares of the ground", total, "a sum of 1")

    @property
    def forest(self) -> float:
        """Share of forest of any kind, 0 to 1."""
        return min(1.0, math.fsum(share for kind, share in self.shares.items() if kind.is_forest))
