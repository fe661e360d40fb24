"""The five scales of the trade, as types that cannot be mixed: "level 1" is the best of one, the worst of others.

=====================  =============================================================
森林火险等级            `DangerGrade`: a bigger number is more dangerous
预警级别                `WarningSignal`: level I, red, is the worst
应急响应                `ResponseLevel`: level I is the highest
火灾等级                `FireSizeGrade`: general up to especially major
疑似火情可信度          `SightingConfidence`: how likely it is a fire, not how bad
=====================  =============================================================

None of them is a number, none equals or compares with a number or with another scale: that is a `TypeError` when it
runs, and an error of the type checker before. Each is shown by the text of its `text_key`, never by a bare number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from numbers import Number
from typing import TYPE_CHECKING, NoReturn, Self

from firewatch.domain.checks import require_at_least, require_between

__all__ = ["DangerGrade", "FireSizeGrade", "ResponseLevel", "Scale", "SightingConfidence", "WarningSignal", "fire_size"]


def _refuse(given: object, other: object, what: str) -> NoReturn:
    raise TypeError(
        f"{given!r} and {other!r} {what}: they are not on one scale, and scales of the trade run in opposite "
        "directions. Compare within one scale (is_worse_than), and cross from one to another only by a named function"
    )


def _no_number(given: object) -> NoReturn:
    raise TypeError(
        f"{given!r} is no number: level 1 is the best on one scale and the worst on another. Show the text of its "
        "text_key; write .value where a file or message keeps it"
    )


class Scale(Enum):
    """What all scales refuse: numbers, other scales, and the signs < and >, which do not say what is worse."""

    @property
    def severity(self) -> int:
        """Place on its own scale, counted from the least serious; good for nothing but `is_worse_than`."""
        return list(type(self)).index(self)

    def is_worse_than(self, other: Self) -> bool:
        """Return whether this is more serious than another of the same scale."""
        if type(other) is not type(self):
            _refuse(self, other, "cannot be compared")
        return self.severity > other.severity

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    # The type checker shall refuse what these refuse, so it must not see them.
    if not TYPE_CHECKING:  # pragma: no branch

        def __eq__(self, other):  # noqa: ANN001, ANN204 - as above
            if self is other:
                return True
            if isinstance(other, Scale | SightingConfidence | Number) and type(other) is not type(self):
                _refuse(self, other, "cannot be equal")
            return NotImplemented

        def __lt__(self, other):  # noqa: ANN001, ANN204
            _refuse(self, other, "have no order by < and >")

        __le__ = __gt__ = __ge__ = __lt__

        def __int__(self):  # noqa: ANN204
            _no_number(self)

        __float__ = __index__ = __int__


class DangerGrade(Scale):
    """Forest fire danger grade (森林火险等级), 1 to 5: a bigger number is more dangerous."""

    LOW = 1
    MODERATE = 2
    ELEVATED = 3
    HIGH = 4
    EXTREME = 5

    @property
    def text_key(self) -> str:
        """Key of the grade's name in the text catalogue."""
        return f"danger.grade.{self.value}"


class WarningSignal(Scale):
    """Colour of a published forest fire danger warning (预警信号): level I, red, is the worst of four.

    References
    ----------
    .. [1] Emergency Response Law of the PRC (2024), art. 63: level I to IV, red, orange, yellow, blue.
    """

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def text_key(self) -> str:
        """Key of the signal's name in the text catalogue."""
        return f"danger.signal.{self.value}"

    @property
    def level_key(self) -> str:
        """Key of its level's name, which says the direction too."""
        return f"danger.signal_level.{self.value}"


class ResponseLevel(Scale):
    """Level of the emergency response (应急响应): level I is the highest of four.

    References
    ----------
    .. [1] Emergency Response Law of the PRC (2024), art. 71.
    """

    IV = "IV"
    III = "III"
    II = "II"
    I = "I"  # noqa: E741 - its name in the law

    @property
    def text_key(self) -> str:
        """Key of the level's name in the text catalogue."""
        return f"response.level.{self.value}"


class FireSizeGrade(Scale):
    """Grade of a forest fire by what it did (森林火灾等级): `fire_size` tells it."""

    GENERAL = "general"
    LARGER = "larger"
    MAJOR = "major"
    ESPECIALLY_MAJOR = "especially_major"

    @property
    def text_key(self) -> str:
        """Key of the grade's name in the text catalogue."""
        return f"fire_size.{self.value}"


@dataclass(frozen=True, slots=True, eq=False)
class SightingConfidence:
    """How likely a sighting or incident is a fire (可信度): says nothing about how bad a fire would be.

    Parameters
    ----------
    probability : float
        0 to 1.
    """

    probability: float

    def __post_init__(self) -> None:
        require_between("probability", self.probability, 0.0, 1.0)

    @property
    def text_key(self) -> str:
        """Key of the text in the catalogue; it takes the fact `percent`."""
        return "confidence.percent"

    @property
    def percent(self) -> int:
        """The probability in whole percent [%], for the text."""
        return round(self.probability * 100.0)

    def is_likelier_than(self, other: SightingConfidence) -> bool:
        """Return whether this is more likely a fire than another."""
        if not isinstance(other, SightingConfidence):
            _refuse(self, other, "cannot be compared")
        return self.probability > other.probability

    def __hash__(self) -> int:
        return hash((SightingConfidence, self.probability))

    if not TYPE_CHECKING:  # pragma: no branch

        def __eq__(self, other):  # noqa: ANN001, ANN204 - as in Scale
            if isinstance(other, SightingConfidence):
                return self.probability == other.probability
            if isinstance(other, Scale | Number):
                _refuse(self, other, "cannot be equal")
            return NotImplemented

        __lt__ = __le__ = __gt__ = __ge__ = Scale.__lt__
        __int__ = __float__ = __index__ = Scale.__int__


# Least values of 较大, 重大 and 特别重大: "以上" includes the number, "以下" excludes it.
_LARGER_FROM_HA = (1.0, 100.0, 1000.0)
_LARGER_FROM_DEAD = (3, 10, 30)
_LARGER_FROM_HURT = (10, 50, 100)


def fire_size(damaged_forest_ha: float, dead: int, seriously_hurt: int) -> FireSizeGrade:
    """Return the grade of a forest fire: the worst of the three that the law looks at.

    Parameters
    ----------
    damaged_forest_ha : float
        受害森林面积, the damaged forest, at least 0 [ha]; not the area burnt over (过火面积). 0 where only other forest
        land caught fire.
    dead, seriously_hurt : int
        People, at least 0.

    Returns
    -------
    FireSizeGrade

    Raises
    ------
    InvalidValue
        If a number is negative or none.

    References
    ----------
    .. [1] 森林防火条例 (Forest Fire Prevention Regulations, State Council order 541), art. 40.
    """
    require_at_least("damaged forest (ha)", damaged_forest_ha, 0.0)
    require_at_least("people dead", dead, 0)
    require_at_least("people seriously hurt", seriously_hurt, 0)
    reached = [
        sum(damaged_forest_ha >= limit for limit in _LARGER_FROM_HA),
        sum(dead >= limit for limit in _LARGER_FROM_DEAD),
        sum(seriously_hurt >= limit for limit in _LARGER_FROM_HURT),
    ]
    return list(FireSizeGrade)[max(reached)]
