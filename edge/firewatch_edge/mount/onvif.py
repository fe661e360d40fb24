"""A mount that speaks ONVIF, Profile S: device, media and PTZ services."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from firewatch.errors import ConfigError, InvalidValue, MountUnavailableError
from firewatch_edge.mount.loop import OwnLoop
from firewatch_edge.mount.soap import in_words, is_refusal, is_unauthorised
from firewatch_edge.patrol import MountPosition, MountStatus, Preset

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["OnvifAddress", "OnvifFacts", "OnvifMount"]

T = TypeVar("T")

# Reading the library's service descriptions takes seconds of a small processor; no network is in it [s].
_LOAD_S = 120.0
_SERVICES = {"media": "http://www.onvif.org/ver10/media/wsdl", "ptz": "http://www.onvif.org/ver20/ptz/wsdl"}
_DEVICE_PATH = "/onvif/device_service"


@dataclass(frozen=True, slots=True)
class OnvifAddress:
    """Where a device is, and who asks.

    Parameters
    ----------
    url : str
        ``http://host[:port]`` or ``https://...``; the path, where there is one, is ``/onvif/device_service``.
    username, password : str
        Of the camera; empty where it asks for none.
    profile : str
        Token of its media profile; empty is the first that turns.
    timeout_s : float
        Of each question [s].
    """

    url: str
    username: str = ""
    password: str = ""
    profile: str = ""
    timeout_s: float = 5.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.path.rstrip("/") not in {"", _DEVICE_PATH}
        ):
            raise InvalidValue("ONVIF address", self.url, f"http://HOST or http://HOST:PORT, its path {_DEVICE_PATH}")
        if parts.username or parts.password:
            raise InvalidValue("ONVIF address", parts.hostname, "an address without an account in it")

    @property
    def host(self) -> str:
        """Scheme and host, as the library wants them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}"

    @property
    def port(self) -> int:
        """The port, or the scheme's own."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)


@dataclass(frozen=True, slots=True)
class OnvifFacts:
    """What a device says of itself.

    Parameters
    ----------
    model : str
        Maker, model and firmware.
    profile : str
        Token of the media profile in use.
    stream_uri, snapshot_uri : str
        Where frames come from; empty where it has none.
    clock_offset_s : float or None
        Its clock minus ours [s].
    """

    model: str
    profile: str
    stream_uri: str
    snapshot_uri: str
    clock_offset_s: float | None


def _library() -> Any:
    """Import the library of the extra; it is slow to load, and a fixed camera needs none."""
    try:
        import onvif
    except ImportError as err:
        raise ConfigError(
            "environment", "onvif", f"{err}; turning cameras need: pip install 'firewatch-edge[onvif]'"
        ) from err
    return onvif


class OnvifMount:
    """Turns one ONVIF camera (fulfils `patrol.Mount`); one thread owns it.

    The device's clock is asked for first, without an account: a WS-Security token is refused by a device whose clock
    differs from its date. When a device that took our account refuses it (it may have started anew, with another
    clock), the clock is asked once more and the question repeated once; an account that never worked is not repeated,
    so that the camera locks nobody out.

    Parameters
    ----------
    address : OnvifAddress
        Where it is.
    must_turn : bool
        Whether a device without a mount is refused; of one that is not, only `facts` may be asked.
    """

    def __init__(self, address: OnvifAddress, *, must_turn: bool = True) -> None:
        self._address = address
        self._must_turn = must_turn
        # Whether the profile in use turns; known once it was asked anything.
        self.turns = must_turn
        self._onvif = _library()
        self._loop = OwnLoop(f"onvif {address.host}")
        self._camera: Any = None
        self._profile = address.profile
        self._presets: dict[str, Preset] = {}

    def status(self) -> MountStatus:
        """Return where it is (see `Mount.status`)."""
        told = self._ask("ptz", "GetStatus", ProfileToken="")
        moves = [getattr(getattr(told, "MoveStatus", None), axis, None) for axis in ("PanTilt", "Zoom")]
        known = [move for move in moves if move in {"IDLE", "MOVING"}]
        return MountStatus(_position(getattr(told, "Position", None)), "MOVING" in known if known else None)

    def go_to(self, position: MountPosition) -> None:
        """Set out for a position (see `Mount.go_to`)."""
        self._ask("ptz", "AbsoluteMove", ProfileToken="", Position=_vector(position.pan, position.tilt, position.zoom))

    def recall(self, preset: str) -> MountPosition | None:
        """Set out for a preset, by name or token (see `Mount.recall`)."""
        if preset not in self._presets:
            self.presets()
        known = self._presets.get(preset)
        if known is None:
            names = ", ".join(sorted({one.name or one.token for one in self._presets.values()})) or "none"
            raise MountUnavailableError(
                self._address.url, f"it has no preset {preset!r}; it has: {names}", is_answer=True
            )
        self._ask("ptz", "GotoPreset", ProfileToken="", PresetToken=known.token)
        return known.position

    def presets(self) -> tuple[Preset, ...]:
        """Return what it remembers; raise as `status`."""
        told = self._ask("ptz", "GetPresets", ProfileToken="") or ()
        found = tuple(
            Preset(str(one.token), str(one.Name or ""), _position(getattr(one, "PTZPosition", None)))
            for one in told
            if one.token
        )
        # Of a name that two have, the first counts; a token is unique.
        self._presets = {preset.name: preset for preset in reversed(found) if preset.name}
        self._presets |= {preset.token: preset for preset in found if preset.token not in self._presets}
        return found

    def drive(self, velocity: MountPosition, for_s: float) -> None:
        """Turn at a velocity (-1 to 1 an axis) until `stop`, or for so long [s]; raise as `status`."""
        vector = _vector(velocity.pan, velocity.tilt, velocity.zoom)
        self._ask("ptz", "ContinuousMove", ProfileToken="", Velocity=vector, Timeout=timedelta(seconds=for_s))

    def stop(self) -> None:
        """Stop all movement; raise as `status`."""
        self._ask("ptz", "Stop", ProfileToken="", PanTilt=True, Zoom=True)

    def facts(self) -> OnvifFacts:
        """Return what it says of itself; raise as `status`."""
        about = self._ask("devicemgmt", "GetDeviceInformation")
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        stream = self._ask("media", "GetStreamUri", ProfileToken="", StreamSetup=setup)
        try:
            snapshot = self._ask("media", "GetSnapshotUri", ProfileToken="").Uri
        except MountUnavailableError as err:
            if not err.is_answer:
                raise
            snapshot = ""  # Profile S makes it optional
        offset = self._camera.dt_diff
        return OnvifFacts(
            " ".join(str(part) for part in (about.Manufacturer, about.Model, about.FirmwareVersion) if part),
            self._profile,
            str(stream.Uri or ""),
            str(snapshot or ""),
            None if offset is None else offset.total_seconds(),
        )

    def close(self) -> None:
        """Let go of it."""
        if self._camera is not None:
            self._loop.run(self._disconnect())
        self._loop.close()

    def _ask(self, service: str, operation: str, **told: Any) -> Any:
        was_connected = self._camera is not None
        try:
            return self._loop.run(self._asked(service, operation, told))
        except MountUnavailableError:
            raise
        except Exception as err:
            if was_connected and is_unauthorised(err):
                self._loop.run(self._disconnect())
                return self._ask(service, operation, **told)
            if is_unauthorised(err) and self._camera is not None:
                self._loop.run(self._disconnect())
            raise self._error(err) from err

    def _error(self, err: Exception) -> MountUnavailableError:
        words = in_words(err, self._address.timeout_s)
        return MountUnavailableError(self._address.url, words, is_answer=is_refusal(err))

    async def _asked(self, service: str, operation: str, told: dict[str, Any]) -> Any:
        camera = self._camera or await self._connect()
        if "ProfileToken" in told:
            told = {**told, "ProfileToken": self._profile}
        spoken = await self._service(camera, service)
        return await self._timely(getattr(spoken, operation)(told))

    async def _connect(self) -> Any:
        address = self._address
        camera = self._onvif.ONVIFCamera(
            address.host,
            address.port,
            address.username or None,
            address.password or None,
            no_cache=True,
            adjust_time=True,
        )
        try:
            await self._service(camera, "devicemgmt")
            await self._timely(camera.update_xaddrs())
            if self._must_turn:
                self._require_ptz(camera)
            media = await self._service(camera, "media")
            profiles = await self._timely(media.GetProfiles())
            self._profile = self._choose(profiles or ())
        except BaseException:
            await camera.close()
            raise
        self._camera = camera
        return camera

    def _require_ptz(self, camera: Any) -> None:
        missing = [name for name, namespace in _SERVICES.items() if namespace not in camera.xaddrs]
        if missing:
            raise MountUnavailableError(
                self._address.url,
                f"it has no {' and no '.join(missing)} service: is it a turning camera?",
                is_answer=True,
            )

    def _choose(self, profiles: Any) -> str:
        tokens = [str(one.token) for one in profiles]
        if self._address.profile:
            if self._address.profile in tokens:
                return self._address.profile
            raise MountUnavailableError(
                self._address.url, f"it has no profile {self._address.profile!r}; it has: {tokens}", is_answer=True
            )
        turning = [str(one.token) for one in profiles if getattr(one, "PTZConfiguration", None) is not None]
        self.turns = bool(turning)
        if not turning and tokens and not self._must_turn:
            return tokens[0]
        if not turning:
            raise MountUnavailableError(self._address.url, f"none of its profiles {tokens} turns", is_answer=True)
        return turning[0]

    async def _service(self, camera: Any, name: str) -> Any:
        """Return a service; its description is read the first time."""
        return await asyncio.wait_for(camera.create_onvif_service(name), _LOAD_S)

    async def _timely(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wait_for(coroutine, self._address.timeout_s)

    async def _disconnect(self) -> None:
        camera, self._camera = self._camera, None
        await camera.close()


def _vector(pan: float, tilt: float, zoom: float) -> dict[str, Any]:
    return {"PanTilt": {"x": pan, "y": tilt}, "Zoom": {"x": zoom}}


def _position(told: Any) -> MountPosition | None:
    """Return a position; None where it is not told."""
    head = getattr(told, "PanTilt", None)
    if head is None or head.x is None or head.y is None:
        return None
    lens = getattr(told, "Zoom", None)
    zoom = 0.0 if lens is None or lens.x is None else float(lens.x)
    return MountPosition(float(head.x), float(head.y), zoom)
