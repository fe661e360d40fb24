"""Opens the cameras whose frames come as a stream."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from firewatch.errors import ConfigError
from firewatch_edge.capture import StreamSource, connect_device, connect_mjpeg, connect_opencv

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch_edge.capture import Connect, Credentials
    from firewatch_edge.config import CameraSection

__all__ = ["has_pyav", "live_opener"]

# A stream that was away is tried again at least so often in a camera's period: it shall be back within two of them.
_TRIES_A_PERIOD = 2.0
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
# Where key frames come at least so often, only they are decoded: a share of period and time-out, and at most [s].
_KEY_SHARE, _LONGEST_KEY_S = 0.5, 5.0


def has_pyav() -> bool:
    """Tell whether the extra `av` is installed."""
    return find_spec("av") is not None


def live_opener(
    camera: CameraSection,
    credentials: Credentials | None,
    now: Callable[[], datetime],
    *,
    has_av: bool | None = None,
    reduction: Callable[[int, int], int] | None = None,
) -> Callable[[], StreamSource]:
    """Return what opens a camera of kind ``stream``, ``mjpeg`` or ``device``.

    Parameters
    ----------
    camera : CameraSection
        Its settings.
    credentials : Credentials or None
        Its account.
    now : callable
        Returns the present as an aware UTC instant.
    has_av : bool, optional
        Whether PyAV is installed; looked for where it is not given.
    reduction : callable, optional
        At what part of its size a JPEG of MJPEG need be decoded; see `decode_frame`.

    Raises
    ------
    ConfigError
        If it wants PyAV and that is not installed.
    """
    again_s = min(_LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, camera.period_s / _TRIES_A_PERIOD))
    if camera.kind == "mjpeg":
        connect: Connect = partial(connect_mjpeg, camera.url, credentials, reduction=reduction)
    else:
        connect = _connect(camera, credentials, has_av=has_pyav() if has_av is None else has_av)
    return partial(StreamSource, connect, camera.url or camera.path, now, again_s=again_s)


def _connect(camera: CameraSection, credentials: Credentials | None, *, has_av: bool) -> Connect:
    if camera.kind == "device":
        return partial(connect_device, camera.path)
    url = _with_account(camera.url, credentials)
    if camera.decoder == "opencv" or (camera.decoder == "auto" and not has_av):
        return partial(connect_opencv, url, camera.url)
    if not has_av:
        why = 'PyAV is not installed: pip install "firewatch-edge[av]", or decoder = "opencv"'
        raise ConfigError("edge.toml", f"camera {camera.id} decoder", why)
    from firewatch_edge.capture.av_stream import connect_av

    key_s = min(_LONGEST_KEY_S, _KEY_SHARE * min(camera.period_s, camera.timeout_s))
    return partial(connect_av, url, camera.url, key_s=key_s)


def _with_account(url: str, credentials: Credentials | None) -> str:
    """Write an account into an address, as FFmpeg wants it."""
    if credentials is None:
        return url
    parts = urlsplit(url)
    account = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{account}@{parts.netloc}"))
