"""Alerts to any HTTP endpoint, as JSON."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import httpx

from firewatch.errors import DeliveryError

if TYPE_CHECKING:
    from firewatch.domain.ids import AlertId, NotificationId
    from firewatch.services.ports import Words

__all__ = ["WebhookNotifier"]

_PREFIX = "webhook:"
_SERVER_ERROR = 500
_RETRYABLE_CLIENT_ERRORS = frozenset({408, 425, 429})


class WebhookNotifier:
    """Posts a notification to ``webhook:https://host/path``; fulfils `firewatch.services.ports.Notifier`.

    The receiver gets the notification's id as ``Idempotency-Key``: after a crash the same one may be posted again, and
    its receiver can tell. A 2xx answer is the channel's yes.

    Parameters
    ----------
    timeout_s : float
        Longest wait for the answer [s].
    """

    def __init__(self, timeout_s: float = 10.0) -> None:
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False)

    def accepts(self, channel: str) -> bool:
        """Tell whether the address is a webhook's."""
        return channel.startswith((f"{_PREFIX}http://", f"{_PREFIX}https://"))

    def send(self, channel: str, notification_id: NotificationId, alert_id: AlertId, words: Words) -> None:
        """Post once; raise `DeliveryError` unless the answer is 2xx."""
        body: dict[str, object] = {
            "schema": "firewatch/alert/v1",
            "is_exercise": words.is_exercise,
            "notification_id": notification_id,
            "alert_id": alert_id,
            "subject": words.subject,
            "text": words.text,
            "spoken": words.spoken or words.subject,
            "link": words.link,
            "facts": words.facts,
        }
        if words.crop_jpeg is not None:
            body["crop_jpeg_base64"] = base64.b64encode(words.crop_jpeg).decode("ascii")
        try:
            answer = self._client.post(
                channel.removeprefix(_PREFIX),
                json=body,
                headers={"Idempotency-Key": notification_id},
            )
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            why = f"{type(err).__name__}: {err}"
            raise DeliveryError("webhook", why, retryable=not isinstance(err, httpx.InvalidURL)) from err
        if not answer.is_success:
            status = answer.status_code
            retryable = status >= _SERVER_ERROR or status in _RETRYABLE_CLIENT_ERRORS
            raise DeliveryError("webhook", f"answered {status} {answer.text[:200]}", retryable=retryable)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
