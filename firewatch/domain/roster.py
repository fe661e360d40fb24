"""People and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_text
from firewatch.domain.ids import require_slug

if TYPE_CHECKING:
    from firewatch.domain.ids import PersonId

__all__ = ["LOCAL_OPERATOR", "SYSTEM", "Actor", "Person", "Role"]


class Role(StrEnum):
    """A person's part in the duty roster."""

    OFFICER = "officer"
    CHIEF = "chief"
    LEADER = "leader"
    RANGER = "ranger"
    ADMIN = "admin"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is told of fires.

    Parameters
    ----------
    person_id : PersonId
        Slug.
    name : str
        As people say it.
    role : Role
        Officer, chief, leader, ranger, admin or technician.
    channels : tuple of str
        Addresses in order of preference, as URLs of channels: ``webhook:https://...``, ``mailto:...``.
    """

    person_id: PersonId
    name: str
    role: Role
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_slug("person", self.person_id)
        require_text("name", self.name, 80)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: named in every event that changes an incident.

    Parameters
    ----------
    actor_id : str
        A person's id, or ``system`` or ``local``.
    name : str
        As shown in the timeline.
    """

    actor_id: str
    name: str

    def __post_init__(self) -> None:
        require_slug("actor", self.actor_id)
        require_text("actor name", self.name, 80)


# The service itself: openings, joins, ratings.
SYSTEM = Actor("system", "firewatch")
# Whoever sits at a centre that has no accounts (it then listens on loopback only).
LOCAL_OPERATOR = Actor("local", "local operator")
