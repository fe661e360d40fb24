"""Takes the centre's commands, has each done in a thread of its own, and answers each.

See docs/adr/0028-commands-that-expire.md.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.ids import CommandId
from firewatch.domain.remote import Reply, ReplyState
from firewatch.domain.vision import ClockState
from firewatch.errors import DomainError, FirewatchError, MalformedMessage, StoreError, UnsupportedVersion, WireError
from firewatch.wire.remote_codec import action_name, command_id_of, decode_command
from firewatch_edge.node.hands.outcome import Outcome, failed, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.domain.remote import Command
    from firewatch_edge.node.hands.mailbox import Letter, Mailbox
    from firewatch_edge.node.hands.memory import CommandMemory
    from firewatch_edge.node.hands.outcome import Hand, Hands, HandsPublisher

__all__ = ["Dispatcher"]

logger = logging.getLogger(__name__)

_POLL_S = 0.25
# Threads at once; a person who asks for more waits for those.
_MOST_AT_ONCE = 8
# Replies that the disk refuses wait here, and are tried again so often [s].
_MOST_UNSAID = 200
_SAY_AGAIN_S = 5.0
_MOST_TEXT = 500
_DOUBTFUL = {
    ClockState.UNSET: "which has not been set since the power came",
    ClockState.STEPPED: "which was set within the hour",
    ClockState.FREE: "which no time service keeps",
}


@dataclass(frozen=True, slots=True)
class _Running:
    command: Command
    hand: Hand
    until_s: float
    thread: threading.Thread


class Dispatcher:
    """Looks at each command once, and sees that it is answered.

    Parameters
    ----------
    tower_id : TowerId
        Whose commands are done.
    mailbox : Mailbox
        Where they come in.
    hands : Hands
        What does them.
    memory : CommandMemory
        What was here before.
    publisher : HandsPublisher
        Where replies go.
    now : callable
        Returns the present as an aware UTC instant.
    """

    def __init__(
        self,
        tower_id: TowerId,
        mailbox: Mailbox,
        hands: Hands,
        memory: CommandMemory,
        publisher: HandsPublisher,
        now: Callable[[], datetime],
    ) -> None:
        self._tower_id = tower_id
        self._mailbox = mailbox
        self._hands = hands
        self._memory = memory
        self._publisher = publisher
        self._now = now
        # Guards memory, replies and what runs: hands answer from their own threads.
        self._lock = threading.RLock()
        self._running: dict[CommandId, _Running] = {}
        # Threads that went past their time; they count until they end.
        self._late: list[threading.Thread] = []
        self._unsaid: deque[Reply] = deque(maxlen=_MOST_UNSAID)
        self._say_again_at_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commands", daemon=True)

    def start(self) -> None:
        """Begin in the background; what an earlier start of this node had begun is answered first."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Take no more commands. What is being done is answered by the next start of this node."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def keep_rest(self) -> None:
        """Note what came after the end, once nothing more can come: the next start of this node answers it."""
        while (letter := self._mailbox.next(0.0)) is not None:
            command_id = command_id_of(letter.payload)
            if command_id is not None and not self._memory.knows(command_id):
                self._memory.begin(command_id, letter.payload)

    def _run(self) -> None:
        try:
            self._end_what_was_open()
        except Exception:  # a supervised loop, like the rest
            logger.exception("commands.failed")
        while not self._stop.is_set():
            try:
                self._turn()
            except Exception:  # a supervised loop: one command's surprise must not end the others
                logger.exception("commands.failed")
        self._say_again()

    def _turn(self) -> None:
        letter = self._mailbox.next(_POLL_S)
        if letter is not None:
            self._consider(letter)
        for command_id in self._mailbox.turned_away():
            if not self._memory.knows(command_id):
                self._answer(command_id, refused("busy", "too many commands at once; ask again"))
        self._end_overdue()
        if self._unsaid and time.monotonic() >= self._say_again_at_s:
            self._say_again()

    def _consider(self, letter: Letter) -> None:
        command_id = command_id_of(letter.payload)
        if command_id is None:
            logger.error("command.nameless", extra={"starts": repr(letter.payload[:80])})
            return
        if self._memory.knows(command_id):
            # It was answered, or is being done.
            logger.info("command.again", extra={"command_id": command_id})
            return
        found = self._readable(letter)
        if isinstance(found, Outcome):
            self._answer(command_id, found)
        else:
            self._begin(found, letter)

    def _readable(self, letter: Letter) -> Command | Outcome:
        """Return the command, or why it is not even looked at."""
        try:
            command = decode_command(letter.payload)
        except UnsupportedVersion as err:
            return refused("unsupported-version", str(err))
        except MalformedMessage as err:
            return refused(_code_of(err), str(err))
        except WireError as err:
            return refused("malformed", str(err))
        if letter.is_kept:
            return refused("retained", "a command is never retained: take it off the broker and issue it anew")
        if command.tower_id != self._tower_id:
            return refused("other-tower", f"it names {command.tower_id}; this is {self._tower_id}")
        return command

    def _begin(self, command: Command, letter: Letter) -> None:
        facts = {
            "command_id": command.command_id,
            "action": action_name(command.action),
            "issued_by": command.issued_by,
        }
        logger.warning("command.came", extra=facts)
        if (late := self._expired(command)) is not None:
            self._answer(command.command_id, late)
            return
        hand = self._hands.get(type(command.action))
        if hand is None:
            name = action_name(command.action)
            self._answer(command.command_id, refused("not-supported", f"this node cannot do {name}"))
            return
        with self._lock:
            self._late = [thread for thread in self._late if thread.is_alive()]
            if len(self._running) + len(self._late) >= _MOST_AT_ONCE:
                self._answer(command.command_id, refused("busy", f"{_MOST_AT_ONCE} commands are being done; ask again"))
                return
            self._memory.begin(command.command_id, letter.payload)
            if hand.says_accepted:
                self._answer(command.command_id, Outcome(state=ReplyState.ACCEPTED))
            thread = threading.Thread(
                target=self._do, args=(command, hand.do), name=f"command {facts['action']}", daemon=True
            )
            until_s = time.monotonic() + hand.most_s
            self._running[command.command_id] = _Running(command, hand, until_s, thread)
            thread.start()

    def _expired(self, command: Command) -> Outcome | None:
        now = self._now()
        if now < command.expires_at:
            return None
        by_s = round((now - command.expires_at).total_seconds())
        doubt = _DOUBTFUL.get(self._publisher.clock_state())
        text = f"it ended {by_s} s ago by this tower's clock" + (f", {doubt}" if doubt else "")
        return Outcome(state=ReplyState.EXPIRED, code="expired", text=text, facts={"late_s": by_s})

    def _do(self, command: Command, do: Callable[[Command], Outcome]) -> None:
        try:
            outcome = do(command)
        except FirewatchError as err:
            outcome = failed("failed", str(err))
        except Exception as err:  # the thread's end: whatever happened, the centre hears of it
            logger.exception("command.failed", extra={"command_id": command.command_id})
            outcome = failed("failed", f"{type(err).__name__}: {err}")
        with self._lock:
            if self._running.pop(command.command_id, None) is not None:
                self._answer(command.command_id, outcome)

    def _end_overdue(self) -> None:
        with self._lock:
            at_s = time.monotonic()
            for command_id, running in [each for each in self._running.items() if each[1].until_s <= at_s]:
                del self._running[command_id]
                self._late.append(running.thread)
                text = f"it was not done within {running.hand.most_s:g} s"
                self._answer(command_id, failed("timed-out", text))

    def _end_what_was_open(self) -> None:
        for entry in self._memory.open_ones():
            outcome = failed("interrupted", "the node started anew before it was done")
            try:
                command = decode_command(entry.payload.encode())
                hand = self._hands.get(type(command.action))
                if hand is not None and hand.after_restart is not None:
                    outcome = hand.after_restart(command)
            except FirewatchError as err:
                outcome = failed("interrupted", str(err))
            self._answer(CommandId(entry.command_id), outcome)

    def _answer(self, command_id: CommandId, outcome: Outcome) -> None:
        is_last = outcome.state is not ReplyState.ACCEPTED
        with self._lock:
            ordinal = self._memory.next_ordinal(command_id, is_last=is_last)
            try:
                reply = self._reply(command_id, ordinal, outcome)
            except DomainError as err:
                reply = self._reply(command_id, ordinal, failed("failed", str(err)))
            facts = {"command_id": command_id, "state": reply.state.value, "code": reply.code, "text": reply.text}
            logger.info("command.answered", extra=facts)
            self._unsaid.append(reply)
            self._say_again()

    def _reply(self, command_id: CommandId, ordinal: int, outcome: Outcome) -> Reply:
        return Reply(
            command_id=command_id,
            tower_id=self._tower_id,
            at=self._now(),
            state=outcome.state,
            ordinal=ordinal,
            code=outcome.code,
            text=_one_line(outcome.text),
            clock=self._publisher.clock_state(),
            evidence_ids=outcome.evidence_ids,
            facts=outcome.facts,
            held_back=outcome.held_back,
            attachment=outcome.attachment,
        )

    def _say_again(self) -> None:
        with self._lock:
            self._say_again_at_s = time.monotonic() + _SAY_AGAIN_S
            while self._unsaid:
                try:
                    self._publisher.reply(self._unsaid[0])
                except StoreError as err:
                    logger.critical("command.reply_refused", extra={"why": str(err), "waiting": len(self._unsaid)})
                    return
                self._unsaid.popleft()


def _code_of(err: MalformedMessage) -> str:
    """Return the reason as a slug: an action that a later version may know is no mistake of the sender."""
    return "unknown-action" if "Invalid value" in str(err) and "$.action.name" in str(err) else "malformed"


def _one_line(text: str) -> str:
    plain = "".join(character if character >= " " and character != "\x7f" else " " for character in text)
    return " ".join(plain.split())[:_MOST_TEXT]
