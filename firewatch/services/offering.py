"""Model packages for towers: enrolled ones only see and fetch what the centre offers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from firewatch.errors import EnrolmentError
from firewatch.wire.model_offer import OfferedModels

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.ids import TowerId
    from firewatch.services.enrolment import Enrolment
    from firewatch.services.ports import Clock
    from firewatch.wire.model_offer import OfferedModel, Question

__all__ = ["Offering", "PackageShelf"]

# A question that somebody copied is worth nothing after this; a tower's clock may be off by as much.
_MOST_AGE = timedelta(minutes=5)


class PackageShelf(Protocol):
    """Where packages lie."""

    def offers(self) -> tuple[OfferedModel, ...]:
        """Return all whole packages, the newest version first."""
        ...

    def find(self, sha256: str) -> Path | None:
        """Return the file of a package; None where there is none."""
        ...


class Offering:
    """Answers towers that ask for models.

    Parameters
    ----------
    shelf : PackageShelf
        The packages.
    enrolment : Enrolment
        Knows whose certificate stands.
    clock : Clock
        The centre's.
    """

    def __init__(self, shelf: PackageShelf, enrolment: Enrolment, clock: Clock) -> None:
        self._shelf = shelf
        self._enrolment = enrolment
        self._clock = clock

    def offers(self, question: Question) -> OfferedModels:
        """Return what is offered; raises `EnrolmentError` as `asker`."""
        self.asker(question)
        return OfferedModels(models=self._shelf.offers())

    def package(self, question: Question, sha256: str) -> Path | None:
        """Return a package's file, None where it is not offered; raises `EnrolmentError` as `asker`."""
        self.asker(question)
        return self._shelf.find(sha256)

    def asker(self, question: Question) -> TowerId:
        """Return the tower that asks.

        Raises
        ------
        EnrolmentError
            "not ours", "revoked" or "expired" of its certificate, "bad proof" where another key signed, "clock" where
            the question is more than five minutes old or ahead.
        """
        at = self._clock.now()
        tower_id = self._enrolment.standing(question.certificate, at)
        if not question.is_signed():
            raise EnrolmentError("bad proof", "the question is not signed with the certificate's key")
        if abs(at - question.at) > _MOST_AGE:
            why = f"the question is of {question.at:%Y-%m-%d %H:%M UTC}, and here it is {at:%Y-%m-%d %H:%M UTC}"
            raise EnrolmentError("clock", f"{why}: set the tower's clock, or let chrony keep it")
        return tower_id
