"""The roster from a TOML file: who is told, in which order."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from firewatch.domain.ids import PersonId
from firewatch.domain.roster import Person, Role
from firewatch.errors import ConfigError, DomainError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["FileRoster"]


class _Person(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    name: str
    role: Role
    channels: list[str] = []
    on_duty: bool = True


class _Roster(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    people: list[_Person] = []


class FileRoster:
    """A fixed roster; fulfils `firewatch.services.ports.Roster`.

    Parameters
    ----------
    path : Path
        A TOML file with ``[[people]]``: id, name, role, channels (``webhook:https://...``, ``mailto:...``), on_duty.

    Raises
    ------
    ConfigError
        Naming the file, the person and what is wrong.
    """

    def __init__(self, path: Path) -> None:
        try:
            # Editors of Windows write a mark before the first letter.
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            roster = msgspec.convert(table, _Roster)
        except OSError as err:
            raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
        except UnicodeDecodeError as err:
            why = f"byte {err.start + 1} is no text in UTF-8; save it as UTF-8"
            raise ConfigError(str(path), "(TOML)", why) from err
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as err:
            raise ConfigError(str(path), "people", str(err)) from err
        self._people: dict[PersonId, Person] = {}
        self._on_duty: list[Person] = []
        for given in roster.people:
            self._add(path, given)

    def _add(self, path: Path, given: _Person) -> None:
        try:
            person = Person(PersonId(given.id), given.name, given.role, tuple(given.channels))
        except DomainError as err:
            raise ConfigError(str(path), f"people {given.id}", str(err)) from err
        if person.person_id in self._people:
            raise ConfigError(str(path), f"people {given.id}", "is listed twice; each id may stand once")
        self._people[person.person_id] = person
        if given.on_duty:
            self._on_duty.append(person)

    def on_duty(self, at: datetime) -> tuple[Person, ...]:  # noqa: ARG002 - this roster has no shifts yet
        """Return the people on duty, in the file's order."""
        return tuple(self._on_duty)

    def person(self, person_id: PersonId) -> Person | None:
        """Return one person."""
        return self._people.get(person_id)
