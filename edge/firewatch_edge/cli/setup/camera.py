"""The questions about one camera: where it is, its account, a try at once, its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

from firewatch.errors import ConfigError, FirewatchError, InvalidValue, MountUnavailableError
from firewatch_edge.cli.setup.asking import Asker, Back, Question, Refused, take_steps
from firewatch_edge.cli.setup.looking import PoseQuestions
from firewatch_edge.cli.setup.picture import write_first_picture
from firewatch_edge.cli.setup.reading import kind_of, read_name
from firewatch_edge.cli.trying import Trial, Trouble, try_camera
from firewatch_edge.config import CameraSection, PoseSection
from firewatch_edge.mount import OnvifAddress, OnvifMount, discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.cli.setup.draft import CameraDraft, Draft
    from firewatch_edge.mount import FoundDevice

__all__ = ["CameraQuestions"]

_DISCOVER_S = 3.0
_AGAIN, _NONE = {"r", "R"}, {"n", "N", "none", "-"}
# A camera without its pose, for a first look.
_ANYWHERE = PoseSection(azimuth_deg=0.0, hfov_deg=50.0)
_USUAL = CameraSection(id="usual", kind="snapshot")
# A stream of MJPEG begins within this, or the address is taken for a snapshot's [s].
_SNIFF_S = 4.0


class CameraQuestions:
    """Asks for one camera.

    Parameters
    ----------
    asker : Asker
        Asks.
    draft : Draft
        Of the tower: its place, and the cameras that it has already.
    camera : CameraDraft
        Where the answers go.
    taken : frozenset of str
        Names that other cameras have.
    folder : Path
        Where its first picture goes; removed again by whoever gives up.
    """

    def __init__(self, asker: Asker, draft: Draft, camera: CameraDraft, taken: frozenset[str], folder: Path) -> None:
        self._asker = asker
        self._draft = draft
        self._camera = camera
        self._taken = taken
        self._folder = folder
        self._found: tuple[FoundDevice, ...] = ()
        self._account_was_in_url = False
        self.tries = True
        self.find: Callable[[], tuple[FoundDevice, ...]] = lambda: discover(_DISCOVER_S)
        self.pictures: list[Path] = []

    def ask(self) -> bool:
        """Ask all of it; return False where there is no camera yet."""
        looking = PoseQuestions(self._asker, self._draft, self._camera)
        steps = [self._source, self._account, self._device, self._name, self._try, *looking.steps()]
        if not self._camera.given.source and not self._camera.given.onvif:
            self._search()
        try:
            take_steps(self._asker, steps)
        except _NoCamera:
            return False
        return True

    def _search(self) -> None:
        if not self._asker.is_attended:
            return
        self._asker.tell("searching", seconds=f"{_DISCOVER_S:g}")
        try:
            self._found = self.find()
        except MountUnavailableError as err:
            self._asker.tell("search_failed", why=str(err))
            return
        for number, device in enumerate(self._found, 1):
            kind = self._asker.words("init.turns" if device.turns else "init.fixed")
            name = " ".join(part for part in (device.name, device.hardware) if part) or "-"
            self._asker.tell("found", number=number, name=name, address=device.address, kind=kind)
        if not self._found:
            self._asker.tell("found_none")

    def _source(self) -> None:
        camera, given = self._camera, self._camera.given
        told = given.onvif or given.source or None
        default = camera.mount_url or camera.place or ("1" if self._found else None)
        while True:
            place = self._asker.ask(Question("source", "--camera-url (camera.source)", str), told, default)
            if place in _NONE:
                raise _NoCamera
            if place in _AGAIN:
                self._search()
                continue
            try:
                self._take(place, is_onvif=bool(given.onvif))
            except Refused as err:
                if not self._asker.is_attended:
                    why = self._asker.words(f"init.no.{err.key}", **err.facts)
                    raise InvalidValue("camera.source", place, why) from err
                self._asker.tell(f"no.{err.key}", **err.facts)
                told = None
            else:
                return

    def _take(self, place: str, *, is_onvif: bool) -> None:
        """Take a number of the list, an ONVIF device, an address or a path."""
        camera = self._camera
        if place not in {camera.place, camera.mount_url}:
            camera.username, camera.password = "", None
        self._account_was_in_url = False
        camera.facts, camera.presets, camera.poses, camera.mount_url = None, (), [], ""
        if place.isdigit():
            if not 1 <= int(place) <= len(self._found):
                raise Refused("number_of_list", typed=place)
            place, is_onvif = self._found[int(place) - 1].address, True
        if is_onvif or urlsplit(place).path.rstrip("/") == "/onvif/device_service":
            parts = urlsplit(place)
            camera.kind, camera.mount_url = "", f"{parts.scheme}://{parts.netloc}"
            return
        camera.kind = camera.given.kind or kind_of(place)
        if not camera.has_path and kind_of(place) not in {"web", "stream"}:
            raise Refused("source", typed=place)
        if camera.has_path:
            # Relative paths in the settings start from their folder, and the technician's from where he stands.
            camera.place = str(Path(place).expanduser().absolute())
            return
        parts = urlsplit(place)
        if parts.username:
            camera.username, camera.password = unquote(parts.username), unquote(parts.password or "")
            self._account_was_in_url = True
            self._asker.tell("account_moved", user=camera.username)
        camera.place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def _account(self) -> None:
        camera, given = self._camera, self._camera.given
        if camera.has_path or (self._account_was_in_url and given.username is None):
            return
        question = Question("username", "camera.username", str)
        camera.username = self._asker.ask(question, given.username, camera.username)
        camera.password_env = given.password_env or ""
        if not camera.username:
            return
        if given.password is None and given.password_env is not None:
            if given.password_env not in os.environ:
                raise InvalidValue("camera.password_env", given.password_env, "a variable that is set")
            camera.password = os.environ[given.password_env]
            return
        camera.password = self._asker.ask(
            Question("password", "camera.password", _password, is_secret=True), given.password
        )

    def _device(self) -> None:
        """Ask an ONVIF device where its frames come from, and which presets it has."""
        camera = self._camera
        if not camera.mount_url:
            return
        self._asker.tell("asking_device", address=camera.mount_url)
        try:
            self._ask_device()
        except FirewatchError as err:
            if not self._asker.is_attended:
                raise
            self._asker.tell("device_failed", why=str(err))
            camera.password = None
            raise Back from err

    def _ask_device(self) -> None:
        camera = self._camera
        address = OnvifAddress(camera.mount_url, camera.username, camera.password or "")
        mount = OnvifMount(address, must_turn=False)
        try:
            facts = mount.facts()
            camera.presets = mount.presets() if mount.turns else ()
        finally:
            mount.close()
        uri = urlsplit(facts.snapshot_uri or facts.stream_uri)
        camera.kind = "snapshot" if facts.snapshot_uri else "stream"
        camera.place = uri._replace(netloc=uri.netloc.rpartition("@")[2]).geturl()
        camera.facts = facts
        if not camera.presets:
            camera.mount_url = ""
        self._asker.tell("device", model=facts.model, address=camera.place, presets=len(camera.presets))

    def _name(self) -> None:
        camera = self._camera
        usual = ("north", *(f"camera-{number}" for number in range(2, 66)))
        default = camera.id or next(name for name in usual if name not in self._taken)
        question = Question("camera", "--camera-id (camera.id)", read_name(self._taken))
        camera.id = self._asker.ask(question, camera.given.id, default)

    def _try(self) -> None:
        """Try it, and again, until it gives a picture or is kept as it is."""
        camera = self._camera
        camera.clock = camera.given.clock or "camera"
        if not self.tries:
            camera.kind = "snapshot" if camera.kind == "web" else camera.kind
            return
        while True:
            self._asker.tell("trying", camera=camera.id)
            result = self._tried()
            if isinstance(result, Trial):
                self._show(result)
                return
            words = self._asker.words
            told = words(f"doctor.trouble.{result.key}", **result.facts)
            to_do = words.perhaps(f"doctor.trouble.{result.key}.do", **result.facts)
            self._asker.tell("no_picture", why=told, to_do=to_do)
            if not self._asker.is_attended:
                raise InvalidValue(f"camera {camera.id}", camera.place, words("init.no.picture", why=told))
            if self._asker.ask(Question("retry", "--no-try", _retry), default="r") == "k":
                camera.kind = "snapshot" if camera.kind == "web" else camera.kind
                return

    def _tried(self) -> Trial | Trouble:
        camera = self._camera
        if camera.kind != "web":
            return self._try_as(camera.kind)
        # Of an address of the web only the answer tells whether it is a stream.
        result = self._try_as("mjpeg", _SNIFF_S)
        camera.kind = "mjpeg"
        if isinstance(result, Trouble) and result.key != "account_missing":
            as_snapshot = self._try_as("snapshot")
            if isinstance(as_snapshot, Trial) or result.key == "is_snapshot":
                camera.kind, result = "snapshot", as_snapshot
            else:
                camera.kind = "web"
                return as_snapshot
        elif isinstance(result, Trouble):
            camera.kind = "web"
        return result

    def _try_as(self, kind: str, timeout_s: float = _USUAL.timeout_s) -> Trial | Trouble:
        camera = self._camera
        place = {"path": camera.place} if camera.has_path else {"url": camera.place}
        raw = {"id": camera.id, "kind": kind, "clock": camera.clock, "username": camera.username, **place}
        section = msgspec.convert(raw | {"password_env": camera.variable}, CameraSection)
        section = msgspec.structs.replace(section, pose=_ANYWHERE, timeout_s=timeout_s)
        try:
            return try_camera(section, camera.environment(os.environ))
        except ConfigError as err:
            return Trouble("other", {"why": str(err)})

    def _show(self, trial: Trial) -> None:
        camera, stamp = self._camera, trial.frame.stamp
        camera.is_tried = True
        fps = "-" if trial.fps is None else f"{trial.fps:.1f}"
        size = f"{stamp.width_px}x{stamp.height_px}"
        self._asker.tell("picture", kind=camera.kind, size=size, age_s=f"{trial.age_s:.1f}", fps=fps)
        if trial.age_s > _USUAL.max_age_s:
            camera.clock = "arrival"
            self._asker.tell("clock_wrong", age_s=f"{trial.age_s:.0f}")
        if not trial.is_changing:
            self._asker.tell("still")
        path = write_first_picture(trial.frame, self._folder, camera.id)
        if path is not None:
            self.pictures.append(path)
            self._asker.tell("first_picture", path=path)


class _NoCamera(Exception):
    """There is none yet."""


def _password(typed: str) -> str:
    if not typed.isprintable():
        raise Refused("password")
    return typed


def _retry(typed: str) -> str:
    if typed.lower() not in {"r", "k"}:
        raise Refused("retry")
    return typed.lower()
