"""A visit to one of the pages of remote hands: who looks, in which language, through which ports."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from firewatch.services.commanding import Asking
from firewatch.web.command_rows import command_rows
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.csrf import token_for
from firewatch.web.errors import NotThere
from firewatch.web.pages import with_csrf
from firewatch.web.remote_wiring import RemoteServices

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Response

    from firewatch.domain.roster import Role
    from firewatch.services.command_ports import CommandsWanted
    from firewatch.web.idempotency import ActionMemory
    from firewatch.web.templating import Pages

__all__ = ["RemoteVisit", "Visit"]

_SHOWN = 20


def remote_of(services: Services) -> RemoteServices:
    """Return the ports of remote hands; raise `NotThere` where the centre has none."""
    if services.remote is None:
        raise NotThere
    return services.remote


class RemoteVisit:
    """A request to a page of remote hands.

    Parameters
    ----------
    request, services, remote, speaker, who
        As FastAPI resolves them.
    """

    def __init__(
        self,
        request: Request,
        services: Services,
        remote: Annotated[RemoteServices, Depends(remote_of)],
        speaker: Texts,
        who: Duty,
    ) -> None:
        self._request = request
        self.services = services
        self.remote = remote
        self.speaker = speaker
        self.who = who
        self.at = services.clock.now()

    @property
    def role(self) -> Role | None:
        """The asker's role; None where there are no accounts."""
        return None if self.who.person is None else self.who.person.role

    @property
    def asking(self) -> Asking:
        """Who asks."""
        return Asking(self.who.actor, self.role)

    def page(self, template: str, **facts: object) -> Response:
        """Return a page with what every page with forms needs; `once` makes a form that is sent twice ask once."""
        csrf = token_for(self._request)
        shared: dict[str, Any] = {
            "who": self.speaker.actor(self.who.actor),
            "is_local": self.who.is_local,
            "csrf": csrf,
            "once": secrets.token_urlsafe(16),
            "is_illustrative": self.speaker.sites.is_illustrative,
            "as_of": self.speaker.stamp(self.at),
        }
        return with_csrf(self._pages.page(self._request, template, **(shared | facts)), csrf, self.services)

    def part(self, wanted: CommandsWanted, *, is_of_many: bool = False) -> Response:
        """Return the list of commands alone, for the page that shows it."""
        rows = self.rows(wanted)
        return self._pages.page(self._request, "tower_commands.html", commands=rows, is_of_many=is_of_many)

    def rows(self, wanted: CommandsWanted) -> list[Any]:
        """Return the latest commands in words."""
        return list(command_rows(self.remote.book.latest(wanted, _SHOWN), self.remote.index, self.speaker, self.at))

    def once(self, key: str, name: str, issue: Callable[[], object]) -> None:
        """Ask, unless the form was sent before."""
        memory: ActionMemory[None] = self._request.app.state.actions

        def ask() -> None:
            issue()

        memory.once(self.who.actor.actor_id, key or None, name, ask)

    @property
    def _pages(self) -> Pages:
        pages: Pages = self._request.app.state.pages
        return pages


Visit = Annotated[RemoteVisit, Depends()]
