"""What every route needs to know of a request: language, services, who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from firewatch.domain.roster import LOCAL_OPERATOR, Actor, Role
from firewatch.texts import Language, catalogue
from firewatch.web.errors import Forbidden, HostRefused, LoginNeeded
from firewatch.web.wiring import WebServices
from firewatch.web.words import Speaker

if TYPE_CHECKING:
    from firewatch.domain.roster import Person
    from firewatch.texts import Catalogue

__all__ = [
    "LANGUAGE_COOKIE",
    "SESSION_COOKIE",
    "Asker",
    "Care",
    "Duty",
    "Onlooker",
    "Services",
    "Texts",
    "Who",
    "language_of",
    "may_care",
    "speaker_of",
]

LANGUAGE_COOKIE = "fw_lang"
SESSION_COOKIE = "fw_session"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_DUTY_ROLES = frozenset({Role.OFFICER, Role.CHIEF, Role.LEADER, Role.ADMIN})
_CARE_ROLES = frozenset({Role.TECHNICIAN, Role.ADMIN})


def services_of(request: Request) -> WebServices:
    """Return the ports of this application."""
    return cast("WebServices", request.app.state.services)


def language_of(request: Request) -> Language:
    """Return the language asked for by ?lang=, else by the cookie, else Chinese."""
    for tag in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if tag in set(Language):
            return Language(tag)
    return Language.ZH_CN


def texts_of(request: Request) -> Catalogue:
    """Return the texts in the request's language."""
    return catalogue(language_of(request))


Services = Annotated[WebServices, Depends(services_of)]


def speaker_of(request: Request) -> Speaker:
    """Return who says things in the request's language."""
    services = services_of(request)
    return Speaker(texts_of(request), services.settings.time_zone, services.sites.sites())


Texts = Annotated[Speaker, Depends(speaker_of)]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks.

    Parameters
    ----------
    actor : Actor
        Named in every event that they cause.
    person : Person or None
        None in local mode.
    """

    actor: Actor
    person: Person | None

    @property
    def is_local(self) -> bool:
        """Whether there are no accounts, so that whoever sits here may do everything."""
        return self.person is None


def asker_of(request: Request) -> Asker:
    """Return who asks; raise `LoginNeeded` if accounts exist and nobody is logged in."""
    services = services_of(request)
    if not services.accounts.any_configured():
        _require_loopback_name(request)
        return Asker(LOCAL_OPERATOR, None)
    token = request.cookies.get(SESSION_COOKIE)
    person = services.sessions.person(token, services.clock.now()) if token else None
    if person is None:
        raise LoginNeeded
    return Asker(Actor(person.person_id, person.name), person)


def _require_loopback_name(request: Request) -> None:
    # Any web page in a browser on this computer could point its own name at 127.0.0.1 and act here (DNS rebinding).
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in _LOOPBACK:
        raise HostRefused


def duty_of(request: Request) -> Asker:
    """Return who asks if they are on the duty side; rangers have their phone page."""
    asker = asker_of(request)
    if asker.person is not None and asker.person.role not in _DUTY_ROLES:
        raise Forbidden
    return asker


def onlooker_of(request: Request) -> Asker:
    """Return who asks if they may see how the towers are: the duty side and the technicians."""
    asker = asker_of(request)
    if asker.person is not None and asker.person.role not in _DUTY_ROLES | _CARE_ROLES:
        raise Forbidden
    return asker


def may_care(asker: Asker) -> bool:
    """Tell whether somebody may change how a tower looks: technicians and administrators."""
    return asker.person is None or asker.person.role in _CARE_ROLES


def care_of(request: Request) -> Asker:
    """Return who asks if they may change how a tower looks."""
    asker = asker_of(request)
    if not may_care(asker):
        raise Forbidden
    return asker


Who = Annotated[Asker, Depends(asker_of)]
Duty = Annotated[Asker, Depends(duty_of)]
Onlooker = Annotated[Asker, Depends(onlooker_of)]
Care = Annotated[Asker, Depends(care_of)]
