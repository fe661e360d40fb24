"""People who may log in, and their log-ins that stand."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from firewatch.adapters.store.database import upsert
from firewatch.adapters.store.instants import to_us
from firewatch.adapters.store.schema import accounts, web_sessions
from firewatch.domain.ids import SLUG_PATTERN, PersonId
from firewatch.domain.roster import Person, Role
from firewatch.errors import InvalidValue, StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row

    from firewatch.adapters.store.database import Database

__all__ = ["SqlAccounts", "SqlSessions"]

_columns = accounts.c
_NAME = re.compile(SLUG_PATTERN)
_SHORTEST_PASSWORD = 8
# argon2 reads all of a password: a longer one would only buy an attacker our time.
_LONGEST_PASSWORD = 200


class SqlAccounts:
    """Fulfils `firewatch.services.views.Accounts`; the log-in name is the person's id.

    Parameters
    ----------
    database : Database
        The store.
    hasher : PasswordHasher
        argon2id; the default costs about 50 ms and 64 MiB a try, on purpose. Tests give a cheaper one.
    """

    def __init__(self, database: Database, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody_hash(self) -> str:
        """Verified in place of an unknown or disabled account's, so that the time tells nothing about who exists."""
        return self._hasher.hash("nobody's password")

    def any_configured(self) -> bool:
        """Tell whether there is at least one account."""
        with self._database.reading() as connection:
            return connection.execute(select(_columns.person_id).limit(1)).first() is not None

    def create(self, person: Person, password: str, at: datetime) -> None:
        """Create an account; raise `InvalidValue` if the password's length or the name will not do."""
        if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            allowed = f"{_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters"
            raise InvalidValue("password length", len(password), allowed)
        row = {
            "person_id": person.person_id,
            "name": person.name,
            "role": person.role.value,
            "channels": msgspec.json.encode(person.channels).decode(),
            "password_hash": self._hasher.hash(password.encode("utf-8", "surrogatepass")),
            "is_disabled": False,
            "created_at": to_us(at),
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(accounts), row)
        except StoreError as err:
            if isinstance(err.__cause__, IntegrityError):
                raise InvalidValue("account", person.person_id, "a name that is not taken") from err
            raise

    def set_password(self, person_id: PersonId, password: str) -> None:
        """Replace a password and end the person's sessions; raise `InvalidValue` for an unknown person."""
        if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            allowed = f"{_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters"
            raise InvalidValue("password length", len(password), allowed)
        self._change(person_id, {"password_hash": self._hasher.hash(password.encode("utf-8", "surrogatepass"))})

    def disable(self, person_id: PersonId) -> None:
        """Refuse the person from now on and end the sessions; the account stays for the record."""
        self._change(person_id, {"is_disabled": True})

    def authenticate(self, name: str, password: str) -> Person | None:
        """Return the person if name and password fit; about the same time is spent on unknown names."""
        # Made at the first log-in, whoever tries: most processes see none.
        nobody_hash = self._nobody_hash
        row = self._standing(name)
        if row is None or len(password) > _LONGEST_PASSWORD:
            self._fits(nobody_hash, password[:_LONGEST_PASSWORD])
            return None
        return _person(row) if self._fits(row.password_hash, password) else None

    def person(self, person_id: PersonId) -> Person | None:
        """Return a person with a standing account."""
        row = self._standing(person_id)
        return None if row is None else _person(row)

    def people(self) -> tuple[Person, ...]:
        """Return all people with a standing account, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(accounts).where(~_columns.is_disabled).order_by(_columns.person_id)).all()
        return tuple(_person(row) for row in rows)

    def _standing(self, name: str) -> Row[Any] | None:
        if not _NAME.fullmatch(name):
            return None
        query = select(accounts).where(_columns.person_id == name, ~_columns.is_disabled)
        with self._database.reading() as connection:
            return connection.execute(query).first()

    def _change(self, person_id: PersonId, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            changed = connection.execute(update(accounts).where(_columns.person_id == person_id).values(values))
            if changed.rowcount == 0:
                raise InvalidValue("account", person_id, "an existing one")
            connection.execute(delete(web_sessions).where(web_sessions.c.person_id == person_id))

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            # A browser may send anything: also halves of characters, which no text encoding takes.
            return self._hasher.verify(password_hash, password.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False


class SqlSessions:
    """Fulfils `firewatch.services.views.Sessions`; only the SHA-256 of a token is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, token: str, person_id: PersonId, at: datetime, expires_at: datetime) -> None:
        """Keep a new session under its token, and forget those that have expired."""
        row = {
            "token_sha256": _sha256(token),
            "person_id": person_id,
            "started_at": to_us(at),
            "expires_at": to_us(expires_at),
        }
        with self._database.writing() as connection:
            connection.execute(delete(web_sessions).where(web_sessions.c.expires_at <= to_us(at)))
            statement = upsert(connection, web_sessions).values(row)
            connection.execute(statement.on_conflict_do_nothing(index_elements=["token_sha256"]))

    def person(self, token: str, at: datetime) -> Person | None:
        """Return whose session it is; None if unknown, expired at `at`, ended, or the account is gone."""
        query = (
            select(accounts)
            .join_from(web_sessions, accounts)
            .where(
                web_sessions.c.token_sha256 == _sha256(token),
                web_sessions.c.expires_at > to_us(at),
                ~_columns.is_disabled,
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _person(row)

    def end(self, token: str) -> None:
        """Forget a session; an unknown one changes nothing."""
        with self._database.writing() as connection:
            connection.execute(delete(web_sessions).where(web_sessions.c.token_sha256 == _sha256(token)))

    def count(self, person_id: PersonId) -> int:
        """Return how many sessions of a person are kept."""
        query = select(func.count()).select_from(web_sessions).where(web_sessions.c.person_id == person_id)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _person(row: Row[Any]) -> Person:
    channels = msgspec.json.decode(row.channels, type=tuple[str, ...])
    return Person(PersonId(row.person_id), row.name, Role(row.role), channels)
