"""MJPEG over HTTP (multipart/x-mixed-replace): each part is a whole JPEG, and only what is asked for is decoded."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.exchange import Deadline, make_opener
from firewatch_edge.capture.multipart import PartReader, boundary_of
from firewatch_edge.capture.port import decode_frame
from firewatch_edge.capture.snapshot import http_advice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture.connection import Dating, Limits
    from firewatch_edge.capture.exchange import Credentials

__all__ = ["MjpegConnection", "connect_mjpeg"]

# What cameras call it: seconds since 1970 (mjpg-streamer, ustreamer); an HTTP date has whole seconds.
_TIMESTAMP = "x-timestamp"
_DATE = "date"


def connect_mjpeg(
    url: str,
    credentials: Credentials | None,
    limits: Limits,
    *,
    reduction: Callable[[int, int], int] | None = None,
) -> MjpegConnection:
    """Ask a camera for its endless answer.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``, without credentials.
    credentials : Credentials or None
        For basic or digest authentication.
    limits : Limits
        How long it may keep us waiting.
    reduction : callable, optional
        At what part of its size a picture need be decoded; see `decode_frame`.

    Raises
    ------
    FrameUnavailableError
        If it does not answer in time, or with something that is no MJPEG stream.
    """
    deadline = Deadline()
    deadline.set(limits.open_s)
    request = urllib.request.Request(url, headers={"Accept": "multipart/x-mixed-replace, image/*"})  # noqa: S310 - the configuration admits only http and https
    try:
        response = make_opener(url, credentials, deadline).open(request, timeout=limits.open_s)
    except urllib.error.HTTPError as err:
        err.close()
        raise FrameUnavailableError(url, http_advice(err)) from err
    except (OSError, http.client.HTTPException, ValueError) as err:
        raise FrameUnavailableError(url, f"it cannot be opened: {err}") from err
    boundary = boundary_of(response.headers.get("Content-Type", ""))
    if boundary is None:
        kind = response.headers.get_content_type()
        response.close()
        advice = 'kind = "snapshot" takes single pictures' if kind.startswith("image/") else "check url"
        raise FrameUnavailableError(url, f"{kind} came in place of multipart/x-mixed-replace: {advice}")
    return MjpegConnection(url, response, boundary, deadline, limits.stall_s, reduction)


class MjpegConnection:
    """Parts of an endless answer (see `Connection`)."""

    def __init__(
        self,
        url: str,
        response: http.client.HTTPResponse,
        boundary: bytes,
        deadline: Deadline,
        stall_s: float,
        reduction: Callable[[int, int], int] | None = None,
    ) -> None:
        self._url = url
        self._response = response
        self._deadline = deadline
        self._stall_s = stall_s
        self._reduction = reduction
        self._parts = PartReader(response.read1, boundary)
        self._newest: tuple[bytes, datetime] | None = None

    def grab(self, date: Dating) -> None:
        """Take the next part off the stream."""
        self._deadline.set(self._stall_s)
        try:
            headers, body = self._parts.next()
        except TimeoutError as err:
            raise FrameUnavailableError(self._url, f"no whole picture within {self._stall_s:g} s") from err
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise FrameUnavailableError(self._url, f"the stream broke: {err}") from err
        self._newest = body, date(None, _told_s(headers))

    def forget(self) -> None:
        """Let the part go that came last."""
        self._newest = None

    def picture(self) -> Frame | None:
        """Decode the part that came last."""
        newest, self._newest = self._newest, None
        return None if newest is None else decode_frame(self._url, *newest, self._reduction)

    def close(self) -> None:
        """Close the answer."""
        self._response.close()


def _told_s(headers: Mapping[str, str]) -> float | None:
    """Return when the camera says that it took a picture [s since 1970]; None where it does not."""
    try:
        if _TIMESTAMP in headers:
            return float(headers[_TIMESTAMP])
        if _DATE in headers:
            return parsedate_to_datetime(headers[_DATE]).timestamp()
    except (ValueError, OverflowError):
        pass
    return None
