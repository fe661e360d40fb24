"""Centres in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_centre import Centre

from firewatch.domain.ids import PersonId
from firewatch.domain.roster import Person, Role
from firewatch.testing import AccountsFake

if TYPE_CHECKING:
    from firewatch.domain.ids import IncidentId


@pytest.fixture
def centre() -> Centre:
    """Return a centre with an empty queue, in local mode."""
    return Centre()


@pytest.fixture
def busy() -> tuple[Centre, list[IncidentId]]:
    """Return a centre with four incidents: two waiting, one confirmed, one dismissed."""
    centre = Centre()
    return centre, centre.example.quarter_of_an_hour()


@pytest.fixture
def guarded() -> Centre:
    """Return a centre with an officer's, a ranger's and a technician's account."""
    officer = Person(PersonId("chen"), "陈值班", Role.OFFICER)
    ranger = Person(PersonId("zhou"), "周护林员", Role.RANGER)
    technician = Person(PersonId("wang"), "王技术员", Role.TECHNICIAN)
    people = {"chen": officer, "zhou": ranger, "wang": technician}
    accounts = AccountsFake({key: (person, "right") for key, person in people.items()})
    return Centre(accounts=accounts)
