"""The signed address of a call's phone page: one person, one incident, one notification, 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, Signer

from firewatch.domain.ids import IncidentId, NotificationId, PersonId, require_slug, require_ulid
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LIFE", "CallLink", "CallLinks"]

# A shift and the one after it; a forwarded link is worth nothing the day after.
LIFE = timedelta(hours=24)
_SALT = "firewatch.call-link.v1"
_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class CallLink:
    """What a link stands for.

    Parameters
    ----------
    person_id : PersonId
        Whose link it is: opening it and accepting through it counts as this person.
    incident_id : IncidentId
        What it is about.
    notification_id : NotificationId
        The call that it answers.
    expires_at : datetime
        UTC instant, whole seconds.
    """

    person_id: PersonId
    incident_id: IncidentId
    notification_id: NotificationId
    expires_at: datetime

    def __post_init__(self) -> None:
        require_slug("person", self.person_id)
        require_ulid("incident", self.incident_id)
        require_ulid("notification", self.notification_id)


class CallLinks:
    """Makes and reads signed links.

    Parameters
    ----------
    secrets : sequence of str, at least 16 characters each
        The first signs; all are accepted, so that a secret can be changed without breaking links on their way.
    base_url : str
        Address of the pages as phones reach it, as ``https://fw.example.cn``.
    """

    def __init__(self, secrets: Sequence[str], base_url: str) -> None:
        if not secrets or min(map(len, secrets)) < _SHORTEST_SECRET:
            raise InvalidValue("link secrets", "none or a short one", f"at least {_SHORTEST_SECRET} characters each")
        self._signer = Signer(list(reversed(secrets)), salt=_SALT, key_derivation="hmac")
        self._base_url = base_url.rstrip("/")

    def token(self, link: CallLink) -> str:
        """Return the signed token of a link: characters that no address needs to escape."""
        expiry = int(link.expires_at.timestamp())
        fields = (link.notification_id, link.incident_id, format(expiry, "x"), link.person_id)
        return self._signer.sign("~".join(fields)).decode("ascii")

    def address(
        self, person_id: PersonId, incident_id: IncidentId, notification_id: NotificationId, at: datetime
    ) -> str:
        """Return the address of the phone page, valid for `LIFE` from `at`."""
        return f"{self._base_url}/a/{self.token(CallLink(person_id, incident_id, notification_id, at + LIFE))}"

    def read(self, token: str) -> CallLink | None:
        """Return what a token stands for, expired or not; None if it was not signed here."""
        try:
            fields = self._signer.unsign(token).decode("ascii").split("~")
            notification, incident, expiry, person = fields
            expires_at = datetime.fromtimestamp(int(expiry, 16), UTC)
            return CallLink(PersonId(person), IncidentId(incident), NotificationId(notification), expires_at)
        except (BadSignature, ValueError, InvalidValue, OverflowError):
            return None
