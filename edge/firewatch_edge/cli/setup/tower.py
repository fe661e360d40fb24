"""The questions about the tower: its name, its place, and the centre's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.errors import EnrolmentError, InvalidValue
from firewatch.wire.enrolment_code import read_code
from firewatch_edge.cli.setup.asking import Asker, Back, Question, Refused, take_steps
from firewatch_edge.cli.setup.draft import Draft, Invitation
from firewatch_edge.cli.setup.reading import NOT_KNOWN, read_name, read_number, read_place
from firewatch_edge.enrolment import Desk, read_address
from firewatch_edge.enrolment.desk import fetch_authority

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.cli.setup.answers import Answers
    from firewatch_edge.enrolment import DeskAddress

__all__ = ["TowerQuestions", "invite"]

_LOWEST_M, _HIGHEST_M, _TALLEST_M = -500.0, 8000.0, 500.0
_USUAL_MAST_M = 20.0


class TowerQuestions:
    """Asks for tower and centre.

    Parameters
    ----------
    asker : Asker
        Asks.
    answers : Answers
        What was given beforehand.
    draft : Draft
        Where the answers go.
    """

    def __init__(self, asker: Asker, answers: Answers, draft: Draft) -> None:
        self._asker = asker
        self._answers = answers
        self._draft = draft
        self._given_address = answers.centre.address

    def tower(self) -> None:
        """Ask for the name; unattended it may come with the code."""
        given = self._answers.tower.id
        comes_with_code = not self._asker.is_attended and given is None and self._answers.centre.code is not None
        if not comes_with_code:
            question = Question("tower", "--tower (tower.id)", read_name())
            self._draft.tower_id = self._asker.ask(question, given, self._draft.tower_id or None)

    def place(self) -> None:
        """Ask for latitude and longitude."""
        draft, given = self._draft, self._answers.tower
        told = None
        if given.lat_deg is not None or given.lon_deg is not None:
            if given.lat_deg is None or given.lon_deg is None:
                raise InvalidValue("tower.lat_deg and lon_deg", "one of them", "both, or neither")
            told = f"{given.lat_deg}, {given.lon_deg}"
        known = (draft.lat_deg, draft.lon_deg)
        shown = "-" if draft.lat_deg is None else f"{draft.lat_deg}, {draft.lon_deg}"
        # Unattended, a tower may have no place; a person has to say so.
        default = known if draft.lat_deg is not None or not self._asker.is_attended else None
        question = Question("place", "--lat-deg, --lon-deg (tower.lat_deg, lon_deg)", _place_or_none)
        draft.lat_deg, draft.lon_deg = self._asker.ask(question, told, default, shown if default else "")

    def ground(self) -> None:
        """Ask for the elevation of the ground."""
        given, known = self._answers.tower.ground_m, self._draft.ground_m
        question = Question("ground", "tower.ground_m", _number_or_none(_LOWEST_M, _HIGHEST_M))
        shown = "-" if known is None else f"{known:g}"
        self._draft.ground_m = self._asker.ask(question, given, (known,), shown)[0]

    def mast(self) -> None:
        """Ask how high above the ground the cameras are."""
        given, known = self._answers.tower.mast_m, self._draft.mast_m or _USUAL_MAST_M
        if given is None and self._draft.ground_m is None:
            return
        question = Question("mast", "tower.mast_m", read_number(0.0, _TALLEST_M))
        self._draft.mast_m = self._asker.ask(question, given, known, f"{known:g}")

    def centre(self) -> None:
        """Ask where the centre is, and for its code; look at once whose it is."""
        self._draft.invitation = None
        take_steps(self._asker, [self._address, self._code])

    def _address(self) -> None:
        given = self._given_address
        is_later = given is None and not self._asker.is_attended and self._answers.centre.code is None
        question = Question("centre", "--centre (centre.address)", _address_or_none)
        known = self._draft.centre
        default = (known,) if known is not None or is_later or self._asker.is_attended else None
        shown = str(known) if known is not None else self._asker.words("init.later")
        self._draft.centre = self._asker.ask(question, given, default, shown)[0]

    def _code(self) -> None:
        address = self._draft.centre
        if address is None:
            return
        given = self._answers.centre.code
        while True:
            code = self._asker.ask(Question("code", "--code (centre.code)", _code_or_none), given)
            if code[0] is None:
                return
            try:
                invitation = invite(address, code[0])
                self._asker.tell("invited", tower=invitation.tower_id, name=invitation.name)
                self._take(invitation)
            except (EnrolmentError, InvalidValue) as err:
                if not self._asker.is_attended:
                    raise
                self._asker.tell("no.code", why=str(err))
                given = None
                if isinstance(err, EnrolmentError) and err.reason == "unreachable":
                    # The address may be the wrong one.
                    self._given_address = None
                    raise Back from err
            else:
                return

    def _take(self, invitation: Invitation) -> None:
        wanted = self._draft.tower_id
        if wanted and invitation.tower_id != wanted:
            why = f"the code is for {invitation.tower_id!r}, not for {wanted!r}; it was not used"
            raise EnrolmentError("other tower", why)
        self._draft.tower_id = invitation.tower_id
        self._draft.invitation = invitation


def invite(address: DeskAddress, typed: str) -> Invitation:
    """Ask the centre's desk which tower a code invites; uses nothing up."""
    code = read_code(typed)
    authority = fetch_authority(address, code.pin)
    found = Desk(address, authority).look(code.secret)
    return Invitation(address, code.secret, authority, str(found.tower), str(found.name))


def _place_or_none(typed: str) -> tuple[float | None, float | None]:
    return (None, None) if typed in NOT_KNOWN else read_place(typed)


def _number_or_none(least: float, most: float) -> Callable[[str], tuple[float | None]]:
    read = read_number(least, most)
    return lambda typed: (None,) if typed in NOT_KNOWN else (read(typed),)


def _address_or_none(typed: str) -> tuple[DeskAddress | None]:
    if typed in NOT_KNOWN:
        return (None,)
    try:
        return (read_address(typed),)
    except InvalidValue as err:
        raise Refused("address", typed=typed) from err


def _code_or_none(typed: str) -> tuple[str | None]:
    return (None,) if typed in NOT_KNOWN else (typed,)
