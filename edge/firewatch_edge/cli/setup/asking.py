"""Asks one question after the other: checked at once, with help, with a way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from firewatch.errors import InvalidValue
from firewatch_edge.cli.say import say
from firewatch_edge.cli.setup.typing_in import type_in, type_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firewatch_edge.cli.words import Words

__all__ = ["Asker", "Back", "Question", "Refused", "take_steps"]

T = TypeVar("T")
# As a Chinese keyboard types them, too.
_BACK, _HELP = {"<", "《", "＜"}, {"?", "？"}  # noqa: RUF001 - as above


class Back(Exception):
    """The technician wants the question before."""


class Refused(Exception):
    """An answer that cannot be: the text ``init.no.KEY`` says why."""

    def __init__(self, key: str, **facts: object) -> None:
        self.key, self.facts = key, facts
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One question.

    Parameters
    ----------
    key : str
        Its text is ``init.ask.KEY``, the help to it ``init.help.KEY``.
    option : str
        How it is answered without being asked, for whoever sets a tower up unattended.
    read : callable
        Turns what was typed into the answer, or raises `Refused`.
    is_secret : bool
        Whether it is typed unseen.
    """

    key: str
    option: str
    read: Callable[[str], T]
    is_secret: bool = False


class Asker:
    """Asks at a terminal; where nobody is there, takes what was given, or the default, or refuses.

    Parameters
    ----------
    words : Words
        In which language.
    is_attended : bool
        Whether somebody can be asked.
    type_in, type_secret : callable
        Read a line after a prompt.
    """

    def __init__(
        self,
        words: Words,
        *,
        is_attended: bool,
        type_in: Callable[[str], str] = type_in,
        type_secret: Callable[[str], str] = type_secret,
    ) -> None:
        self.words = words
        self.is_attended = is_attended
        self._type_in, self._type_secret = type_in, type_secret
        # How many questions were put to a person.
        self.asked = 0

    def tell(self, key: str, **facts: object) -> None:
        """Say the text ``init.KEY``."""
        say(self.words(f"init.{key}", **facts))

    def ask(self, question: Question[T], given: object = None, default: T | None = None, shown: str = "") -> T:
        """Return the answer.

        Parameters
        ----------
        question : Question
            What.
        given : object
            An answer given beforehand; None where there is none. One that is refused is asked again.
        default : object
            What an empty line means; None where an answer is needed.
        shown : str
            The default in words, where it is not shown as it is.

        Raises
        ------
        Back
            If the question before is wanted.
        InvalidValue
            If nobody can be asked, and what was given will not do.
        """
        if given is not None:
            try:
                return question.read(str(given))
            except Refused as err:
                self._refuse(question, given, err)
        elif not self.is_attended:
            if default is None:
                raise InvalidValue(question.option, None, self.words("init.no.unattended"))
            return default
        return self._ask(question, default, shown)

    def _refuse(self, question: Question[T], given: object, err: Refused) -> None:
        why = self.words(f"init.no.{err.key}", **err.facts)
        if not self.is_attended:
            raise InvalidValue(question.option, "***" if question.is_secret else given, why) from err
        say(f"  {why}")

    def _ask(self, question: Question[T], default: T | None, shown: str) -> T:
        told = shown or ("" if default is None else str(default))
        prompt = self.words(f"init.ask.{question.key}") + (f" [{told}]" if told and not question.is_secret else "")
        self.asked += 1
        while True:
            typed = (self._type_secret if question.is_secret else self._type_in)(f"{prompt}: ")
            typed = typed if question.is_secret else typed.strip()
            if typed in _BACK:
                raise Back
            if typed in _HELP:
                say(self.words.perhaps(f"init.help.{question.key}") or self.words("init.help"))
            elif not typed and default is not None:
                return default
            else:
                try:
                    return question.read(_needed(typed))
                except Refused as err:
                    self._refuse(question, typed, err)

    def agrees(self, key: str, *, default: bool) -> bool:
        """Ask yes or no; the default where nobody can be asked."""
        shown = self.words("init.yes_no" if default else "init.no_yes")
        return self.ask(Question(key, key, _yes_or_no), default=default, shown=shown)


def _needed(typed: str) -> str:
    if not typed:
        raise Refused("needed")
    return typed


def _yes_or_no(typed: str) -> bool:
    if typed.lower() in {"y", "yes", "是", "好"}:
        return True
    if typed.lower() in {"n", "no", "否", "不"}:
        return False
    raise Refused("yes_no")


def take_steps(asker: Asker, steps: Sequence[Callable[[], None]]) -> None:
    """Take steps in order; from one that is gone back from, to the last before it that asked something.

    Raises
    ------
    Back
        If the first question is gone back from.
    """
    asked: list[int] = []
    at = 0
    while at < len(steps):
        before = asker.asked
        try:
            steps[at]()
        except Back:
            if not asked:
                raise
            at = asked.pop()
            continue
        if asker.asked != before:
            asked.append(at)
        at += 1
