"""Accounts and sessions in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from firewatch.domain.ids import PersonId
    from firewatch.domain.roster import Person

__all__ = ["AccountsFake", "SessionsFake"]


class AccountsFake:
    """Fulfils `firewatch.services.views.Accounts`.

    Parameters
    ----------
    passwords : mapping of str to (Person, str)
        Person and password by the name they log in with; empty is local mode.
    """

    def __init__(self, passwords: Mapping[str, tuple[Person, str]] | None = None) -> None:
        self._passwords = dict(passwords or {})

    def any_configured(self) -> bool:
        """Tell whether there is an account."""
        return bool(self._passwords)

    def authenticate(self, name: str, password: str) -> Person | None:
        """Return the person if both fit."""
        person, expected = self._passwords.get(name, (None, ""))
        return person if person is not None and password == expected else None

    def people(self) -> dict[PersonId, Person]:
        """Return who has an account."""
        return {person.person_id: person for person, _ in self._passwords.values()}


class SessionsFake:
    """Fulfils `firewatch.services.views.Sessions`."""

    def __init__(self, accounts: AccountsFake) -> None:
        self._accounts = accounts
        self._started: dict[str, tuple[PersonId, datetime]] = {}

    def start(self, token: str, person_id: PersonId, at: datetime, expires_at: datetime) -> None:  # noqa: ARG002 - the port's
        """Keep a session."""
        self._started[token] = (person_id, expires_at)

    def person(self, token: str, at: datetime) -> Person | None:
        """Return whose it is."""
        person_id, expires_at = self._started.get(token, (None, at))
        return self._accounts.people().get(person_id) if person_id is not None and at < expires_at else None

    def end(self, token: str) -> None:
        """Forget it."""
        self._started.pop(token, None)
