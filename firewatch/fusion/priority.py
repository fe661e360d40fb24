"""Which incident a person should look at first: how likely it is a fire, times what it would do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

__all__ = ["Priority", "prioritise"]

# Spread and exposure may change an incident's place in the queue by so much either way, and no more: the consequence
# of a fire nobody has seen is a guess. A design choice.
_MOST_CONSEQUENCE = 1000.0


@dataclass(frozen=True, slots=True)
class Priority:
    """A place in the queue: the larger the earlier. It orders, and never hides.

    Parameters
    ----------
    value : float
        The product of the parts.
    parts : tuple of (str, float)
        ``belief``, then ``consequence``.
    """

    value: float
    parts: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        product = math.prod(factor for _, factor in self.parts)
        if not math.isclose(self.value, product, rel_tol=1e-9, abs_tol=0.0):
            raise InvalidValue("priority", self.value, f"the product of its parts, {product:g}")


def prioritise(probability: float | None, consequence: float = 1.0) -> Priority:
    """Return the priority of an incident.

    Parameters
    ----------
    probability : float or None
        That it is a fire. None, which nobody has weighed yet, counts as certain: what is not known is not put last.
    consequence : float
        What it would do if it were one, relative to an ordinary fire: 1 where nothing is known of it. Above 0, at
        most 1000, at least 0.001.

    Returns
    -------
    Priority

    Raises
    ------
    InvalidValue
        If either is out of range.
    """
    belief = 1.0 if probability is None else probability
    require_between("probability", belief, 0.0, 1.0)
    require_between("consequence", consequence, 1.0 / _MOST_CONSEQUENCE, _MOST_CONSEQUENCE)
    return Priority(belief * consequence, (("belief", belief), ("consequence", consequence)))
