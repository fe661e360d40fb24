"""One person's decision about one incident, done once however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Path, Request

from firewatch.domain.ids import ULID_PATTERN, IncidentId
from firewatch.services.views import ReviewDesk
from firewatch.web.cards import card_out
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.errors import NotThere
from firewatch.web.idempotency import ActionMemory
from firewatch.web.schemas import ActionOut

__all__ = ["ActionKey", "IncidentPath", "Review", "Reviewing"]

IncidentPath = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the incident")]
ActionKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=64, description="What is sent twice under one key is done once"),
]


class Review:
    """A changing request about one incident.

    Parameters
    ----------
    request, incident_id, services, speaker, who, key
        As FastAPI resolves them.
    """

    def __init__(
        self,
        request: Request,
        incident_id: IncidentPath,
        services: Services,
        speaker: Texts,
        who: Duty,
        key: ActionKey = None,
    ) -> None:
        self._memory: ActionMemory[None] = request.app.state.actions
        self._services = services
        self._speaker = speaker
        self._key = key
        self.incident_id = IncidentId(incident_id)
        self.actor = who.actor
        self.at = services.clock.now()

    def once(self, action: str, perform: Callable[[ReviewDesk], None]) -> ActionOut:
        """Perform the action unless its key was seen; return the incident as it is now."""
        if self._services.incidents.card(self.incident_id) is None:
            raise NotThere
        name = f"{action} {self.incident_id}"
        self._memory.once(self.actor.actor_id, self._key, name, lambda: perform(self._services.review))
        card = self._services.incidents.card(self.incident_id)
        if card is None:
            raise NotThere
        return ActionOut(card=card_out(card, self._speaker))


Reviewing = Annotated[Review, Depends()]
