"""People ask towers to do things: who may ask what, for how long it stands, and what became of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.ids import CommandId
from firewatch.domain.remote import (
    LONGEST_PAUSE,
    Command,
    EndExercise,
    Exercise,
    FetchHeldBack,
    FetchLogs,
    LiveLook,
    LookAt,
    Pause,
    ReplyState,
    Resume,
    Snapshot,
    UpdateModel,
)
from firewatch.domain.roster import Role
from firewatch.errors import CommandRefused, InvalidValue
from firewatch.services.command_ports import CommandRecord, CommandsWanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.domain.ids import IncidentId, TowerId
    from firewatch.domain.remote import Action
    from firewatch.domain.roster import Actor
    from firewatch.services.command_ports import CommandBook
    from firewatch.services.ports import Clock

__all__ = ["Asking", "CommandDesk", "CommandState", "life_of", "may_ask", "state_of"]

logger = logging.getLogger(__name__)

# Looking harms nothing, and neither does what opens eyes again: everybody on duty may. What closes an eye, or changes
# a node, is for the people who answer for the nodes.
_OF_DUTY = (Snapshot, LookAt, LiveLook, FetchHeldBack, Resume, EndExercise)
_DUTY_ROLES = frozenset({Role.OFFICER, Role.CHIEF, Role.LEADER})
_CARE_ROLES = frozenset({Role.TECHNICIAN, Role.ADMIN})
_SLOW = (FetchHeldBack, FetchLogs, UpdateModel, Exercise)
_LIFE, _SLOW_LIFE = timedelta(minutes=2), timedelta(minutes=10)
# A command that a node takes in its last second is answered a little later, and the answer travels.
_ANSWER_GRACE = timedelta(seconds=30)
# The longest that a node works on one command is an exercise of 30 minutes.
_WORK_GRACE = timedelta(minutes=45)
# A tower that answers nothing is not helped by being asked a twentieth time.
_MOST_OPEN = 20
_MOST_ISSUER = 64


class CommandState(StrEnum):
    """What became of a command."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    UNSENT = "unsent"
    UNANSWERED = "unanswered"
    UNFINISHED = "unfinished"

    @property
    def is_open(self) -> bool:
        """Whether more may still come."""
        return self in (CommandState.QUEUED, CommandState.SENT, CommandState.ACCEPTED)


def state_of(record: CommandRecord, at: datetime) -> CommandState:
    """Return what became of a command, as far as the centre knows at an instant.

    Nothing is written when a command runs out without an answer: a late answer counts after all.
    """
    last, command = record.last, record.command
    if last is None:
        if at < command.expires_at + (_ANSWER_GRACE if record.sent_at else timedelta()):
            return CommandState.SENT if record.sent_at else CommandState.QUEUED
        return CommandState.UNANSWERED if record.sent_at else CommandState.UNSENT
    if last.reply.state is ReplyState.ACCEPTED and at >= last.received_at + _WORK_GRACE:
        return CommandState.UNFINISHED
    return CommandState(last.reply.state.value)


def may_ask(role: Role | None, kind: type[Action]) -> bool:
    """Tell whether a role may ask for an action; None is a centre without accounts, where nobody is asked."""
    return role is None or role in _CARE_ROLES or (role in _DUTY_ROLES and kind in _OF_DUTY)


def life_of(action: Action) -> timedelta:
    """Return how long a command stands before nobody does it any more."""
    return _SLOW_LIFE if isinstance(action, _SLOW) else _LIFE


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks.

    Parameters
    ----------
    actor : Actor
        Named in the record.
    role : Role or None
        None where there are no accounts, or for a program on the centre's own computer.
    through : "page" or "program"
        Where they ask.
    """

    actor: Actor
    role: Role | None = None
    through: str = "page"


class CommandDesk:
    """Takes down commands; they are sent by the clockwork.

    Parameters
    ----------
    book : CommandBook
        The record.
    clock : Clock
        The centre's.
    new_id : callable taking an instant
        Makes ULIDs.
    """

    def __init__(self, book: CommandBook, clock: Clock, new_id: Callable[[datetime], str]) -> None:
        self._book = book
        self._clock = clock
        self._new_id = new_id

    def issue(
        self, asking: Asking, tower_id: TowerId, action: Action, incident_id: IncidentId | None = None
    ) -> Command:
        """Take down a command, with who asked for it; return it after the commit.

        Raises
        ------
        CommandRefused
            If this role may not ask for it, or too many commands to the tower wait for an answer.
        InvalidValue
            If a pause would end in the past or more than a day from now.
        """
        if not may_ask(asking.role, type(action)):
            raise CommandRefused(tower_id, "role", "only a technician or an administrator may ask for this")
        now = self._clock.now()
        if isinstance(action, Pause):
            _require_end(action.until, now)
        self._require_room(tower_id, now)
        command = Command(
            command_id=CommandId(self._new_id(now)),
            tower_id=tower_id,
            issued_at=now,
            expires_at=now + life_of(action),
            issued_by=asking.actor.name[:_MOST_ISSUER],
            action=action,
        )
        self._book.add(CommandRecord(command, asking.actor, asking.through, incident_id))
        facts = {"command_id": command.command_id, "tower_id": tower_id, "action": type(action).__name__}
        logger.info("command.issued", extra=facts | {"actor": asking.actor.actor_id, "through": asking.through})
        return command

    def _require_room(self, tower_id: TowerId, now: datetime) -> None:
        latest = self._book.latest(CommandsWanted(tower_id), _MOST_OPEN)
        if sum(state_of(record, now).is_open for record in latest) >= _MOST_OPEN:
            why = f"{_MOST_OPEN} commands wait for its answer already; it may have no link"
            raise CommandRefused(tower_id, "waiting", why)


def _require_end(until: datetime, now: datetime) -> None:
    if not now < until <= now + LONGEST_PAUSE:
        raise InvalidValue("end of the pause", until.isoformat(), "later than now, at most 24 hours from now")
