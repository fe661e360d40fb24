"""What the codes of a map of land cover mean: two published legends, and tables of one's own (TOML)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from firewatch.adapters.checked_toml import parse_toml, read_content
from firewatch.domain.land import LandClass
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LEGENDS", "LandCodes", "codes_of_table", "read_land_codes"]

_LOWEST, _HIGHEST = -32768, 65535


@dataclass(frozen=True, slots=True)
class LandCodes:
    """A legend.

    Parameters
    ----------
    classes : mapping of int to LandClass
        What each code means; at least one.
    unknown : frozenset of int
        Codes of ground of which the map says nothing, besides what a file declares.
    """

    classes: Mapping[int, LandClass]
    unknown: frozenset[int] = frozenset({0})

    def __post_init__(self) -> None:
        if not self.classes:
            raise InvalidValue("codes of land cover", "none", "at least one, as 10 = 'tree-cover'")
        for code in (*self.classes, *self.unknown):
            if not _LOWEST <= code <= _HIGHEST:
                raise InvalidValue("code of land cover", code, f"{_LOWEST} to {_HIGHEST}")
        both = sorted(self.unknown & set(self.classes) - {0})
        if both:
            raise InvalidValue("codes of land cover", both, "either a class or unknown")

    @property
    def fingerprint(self) -> str:
        """A hash of what it says."""
        said = sorted((code, int(kind)) for code, kind in self.classes.items())
        return hashlib.sha256(repr((said, sorted(self.unknown - set(self.classes)))).encode()).hexdigest()[:16]


def _of(**codes: tuple[int, ...]) -> LandCodes:
    return LandCodes({code: LandClass[name] for name, some in codes.items() for code in some}, frozenset({0, 250, 255}))


# Zanaga et al. (2022), ESA WorldCover 10 m 2021 v200, product user manual, table 1; v100 of 2020 has the same codes.
_WORLDCOVER = LandCodes({int(kind): kind for kind in LandClass if kind % 10 == 0 or kind is LandClass.MANGROVES})
LEGENDS: Mapping[str, LandCodes] = {
    "esa-worldcover-2021": _WORLDCOVER,
    "esa-worldcover-2020": _WORLDCOVER,
    # Zhang et al. (2021), GLC_FCS30, Earth System Science Data 13, 2753, table 2; wetlands as GLC_FCS30D (2024) has
    # them. Orchards are shrubs to a fire; what is sparse is bare.
    "glc-fcs30d": _of(
        CROPLAND=(10, 11, 20),
        SHRUBLAND=(12, 120, 121, 122),
        BROADLEAF=(51, 52, 61, 62),
        NEEDLELEAF=(71, 72, 81, 82),
        MIXED_FOREST=(91, 92),
        GRASSLAND=(130,),
        MOSS=(140,),
        BARE=(150, 152, 153, 184, 187, 200, 201, 202),
        WETLAND=(180, 181, 182, 183, 186),
        MANGROVES=(185,),
        BUILT_UP=(190,),
        WATER=(210,),
        SNOW=(220,),
    ),
}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    classes: dict[str, str]
    unknown: tuple[int, ...] = (0,)


def read_land_codes(path: Path) -> LandCodes:
    """Return the legend of a file: a table ``[classes]`` of code to class, and ``unknown``, a list of codes.

    Raises
    ------
    ConfigError
        If the file cannot be read, has an unknown or missing key, a code that is no whole number, or a class that is
        none.
    """
    content = read_content(path, "codes of land cover")
    return parse_toml(content, str(path), "codes of land cover", _File, _legend)


def _legend(parsed: _File) -> LandCodes:
    return codes_of_table(parsed.classes, frozenset(parsed.unknown))


def codes_of_table(classes: Mapping[str, str], unknown: frozenset[int] = frozenset({0})) -> LandCodes:
    """Return the legend of a table; raise `InvalidValue` where a code is no whole number, or a class is none."""
    found: dict[int, LandClass] = {}
    for code, slug in classes.items():
        try:
            number = int(code)
        except ValueError as err:
            raise InvalidValue("code of land cover", code, "a whole number") from err
        if number in found:
            raise InvalidValue("code of land cover", code, "each once; 01 and 1 are one number")
        found[number] = LandClass.of(slug)
    return LandCodes(found, unknown)
