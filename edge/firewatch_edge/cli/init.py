"""`firewatch-edge init`: asks, tries the cameras, enrols the tower, writes its settings."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firewatch.errors import ConfigError, EnrolmentError, FirewatchError
from firewatch_edge.cli import enrol
from firewatch_edge.cli.say import complain, say
from firewatch_edge.cli.setup import Answers, Asker, CameraAnswers, Draft, Question, Refused, load_answers, writing
from firewatch_edge.cli.setup.interview import Interview, draft_of
from firewatch_edge.cli.setup.tower import TowerQuestions
from firewatch_edge.cli.words import LANGUAGES, Language, Words, language_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from firewatch.wire.enrolment import Enrolled
    from firewatch.wire.tower_keys import TowerKey

__all__ = ["Setup", "add_options", "init"]

_KINDS = ("snapshot", "stream", "mjpeg", "device", "folder", "video")
# The broker's address comes with the certificate; until then settings are checked with this one.
_STAND_IN = writing.Broker("broker", 8883)
_ANY_CAMERA = (
    '\n[[camera]]\nid = "any"\nkind = "folder"\npath = "."\n[camera.pose]\nazimuth_deg = 0.0\nhfov_deg = 50.0\n'
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add = parser.add_argument
    add("--config", metavar="FILE", type=Path, default=Path("edge.toml"), help="the settings to write (edge.toml)")
    add("--answers", metavar="FILE", type=Path, help="a TOML file of answers; what is not in it is asked")
    add("--language", choices=LANGUAGES, help="of the questions (default: the terminal's)")
    add("--tower", metavar="ID", help="the tower; a code for another one is refused before it is used")
    add("--lat-deg", type=float, metavar="DEG", help="its latitude, WGS 84")
    add("--lon-deg", type=float, metavar="DEG", help="its longitude, WGS 84")
    add("--centre", metavar="HOST[:PORT]", help="the enrolment desk, as `firewatch towers enrol` said; or later")
    add("--code", metavar="CODE", help="the one-time code; asked for where it is not given")
    add("--camera-id", metavar="ID", help="name of the first camera (north)")
    add("--camera-kind", choices=_KINDS, help="of the first camera; found out where it is left out")
    add("--camera-url", metavar="URL", help="its address (of a device, folder or video: its path)")
    add("--azimuth-deg", type=float, metavar="DEG", help="true azimuth of its picture's middle")
    add("--hfov-deg", type=float, metavar="DEG", help="its horizontal field of view")
    add("--no-try", action="store_true", help="write cameras down without trying them")
    add("--yes", action="store_true", help="ask nothing; what is not given takes its default, or is left out")
    add("--add-camera", action="store_true", help="add to the edge.toml that is there")
    add("--force", action="store_true", help="replace edge.toml (a copy is kept) and the identity that are there")
    add("--certificate-only", action="store_true", help="a new identity; of edge.toml only a missing broker is added")
    add("--renew", action="store_true", help="a new key and certificate, by the proof of the old one")
    add("--if-due", action="store_true", help="with --renew: only if a third of its life is left")


def init(arguments: argparse.Namespace) -> int:
    """Set this tower up, or renew its certificate."""
    if arguments.renew:
        return enrol.renew(arguments.config, is_only_if_due=arguments.if_due)
    answers = _answers(arguments)
    is_attended = sys.stdin.isatty() and not arguments.yes
    language = answers.language or language_of()
    if is_attended:
        # Whoever sits there may leave, though a script in the background began it: such have Ctrl-C ignored.
        with contextlib.suppress(ValueError):  # in a thread beside the main one
            signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if is_attended and answers.language is None:
            language = _ask_language(language)
        return Setup(arguments, answers, Asker(Words(language), is_attended=is_attended)).run()
    except (KeyboardInterrupt, EOFError):
        complain("\n" + Words(language)("init.interrupted"))
        return 1


def _ask_language(default: Language) -> Language:
    def read(typed: str) -> Language:
        if typed.lower() not in LANGUAGES:
            raise Refused("language")
        return "zh" if typed.lower() == "zh" else "en"

    return Asker(Words(default), is_attended=True).ask(Question("language", "--language", read), default=default)


def _answers(arguments: argparse.Namespace) -> Answers:
    """Return the file's answers with those of the command line over them."""
    found = Answers() if arguments.answers is None else load_answers(arguments.answers)
    replace = msgspec.structs.replace
    tower = {"id": arguments.tower, "lat_deg": arguments.lat_deg, "lon_deg": arguments.lon_deg}
    centre = {"address": arguments.centre, "code": arguments.code}
    own = {
        "id": arguments.camera_id,
        "kind": arguments.camera_kind,
        "source": arguments.camera_url,
        "azimuth_deg": arguments.azimuth_deg,
        "hfov_deg": arguments.hfov_deg,
    }
    camera = found.camera
    if arguments.camera_kind is not None or arguments.camera_url is not None:
        camera = (CameraAnswers(**_given(own)), *(found.camera or ()))  # type: ignore[arg-type]  # argparse has checked them
    return replace(
        found,
        language=arguments.language or found.language,
        tower=replace(found.tower, **_given(tower)),
        centre=replace(found.centre, **_given(centre)),
        camera=camera,
    )


def _given(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


class Setup:
    """One run of the command.

    Parameters
    ----------
    arguments : Namespace
        Of the command line.
    answers : Answers
        What was given beforehand.
    asker : Asker
        Asks for the rest.
    """

    def __init__(self, arguments: argparse.Namespace, answers: Answers, asker: Asker) -> None:
        self._arguments = arguments
        self._config: Path = arguments.config
        self._answers = answers
        self._asker = asker
        self._folder = enrol.identity_folder(self._config)
        self._draft = Draft()
        self._is_written = False

    def run(self) -> int:
        """Ask and write; return the exit code."""
        if not self._config.resolve().parent.is_dir():
            raise ConfigError(str(self._config), "file", "its folder is not there; make it first")
        way = self._way()
        if way is None:
            return 1
        try:
            return way()
        except FirewatchError:
            if self._draft.invitation is not None and not self._is_written:
                complain(self._asker.words("init.code_kept"))
            raise

    def _way(self) -> Callable[[], int] | None:
        """Return what is to be done: a new tower, a camera more, or a certificate alone."""
        arguments = self._arguments
        if arguments.certificate_only or arguments.add_camera:
            if not self._config.exists():
                option = "--certificate-only" if arguments.certificate_only else "--add-camera"
                raise ConfigError(str(self._config), "file", f"is not there; leave {option} out to write it")
            return self._certificate_only if arguments.certificate_only else self._add
        if arguments.force:
            return self._new
        if self._config.exists() and self._asker.is_attended:
            chosen = self._asker.ask(Question("exists", "--add-camera", _choice), default="a")
            return {"a": self._add, "n": self._new}.get(chosen)
        if self._config.exists():
            why = "is there already; --add-camera adds to it, --certificate-only keeps it, --force replaces it"
            raise ConfigError(str(self._config), "file", f"{why}. The code was not used")
        if self._folder.exists:
            why = f"{self._folder.tower_pem} is there already: to renew it use --renew, to replace it --force"
            raise EnrolmentError("enrolled already", f"{why}. The code was not used")
        return self._new

    def _interview(self, taken: frozenset[str] = frozenset()) -> Interview:
        interview = Interview(self._asker, self._answers, self._draft, self._config.parent, taken)
        interview.tries = not self._arguments.no_try
        return interview

    def _new(self) -> int:
        self._require_named()
        self._asker.tell("hello")
        interview = self._interview()
        with self._pictures_kept_only_if_written(interview):
            interview.ask_tower()
            draft = self._draft
            broker = _STAND_IN if draft.invitation is not None else self._old_broker()
            writing.require_usable(self._checkable(writing.edge_text(draft, broker)), self._config)
            if not self._is_agreed():
                return 1
            certificate = self._certificate()
            if certificate is not None:
                broker = writing.Broker(certificate[0].broker_host, certificate[0].broker_port)
            elif broker is _STAND_IN:
                broker = None
            self._write(writing.edge_text(draft, broker), certificate)
        return self._end(certificate)

    def _require_named(self) -> None:
        """Refuse where neither a person nor an option says which tower this is to be."""
        if self._asker.is_attended or self._arguments.yes or self._answers.tower.id is not None:
            return
        raise EnrolmentError("not confirmed", "nobody can be asked; give --tower ID or --yes. The code was not used")

    def _old_broker(self) -> writing.Broker | None:
        """Return the broker of the settings that are replaced, where the identity for it stays."""
        if not self._folder.exists or not self._config.exists():
            return None
        with contextlib.suppress(msgspec.MsgspecError, KeyError, TypeError):
            mqtt = msgspec.toml.decode(self._config.read_bytes())["mqtt"]
            return writing.Broker(str(mqtt["host"]), int(mqtt["port"])) if "tls" in mqtt else None
        return None

    def _checkable(self, text: str) -> str:
        """Return settings that can be checked: without a camera they are not complete."""
        return text if self._draft.cameras else text + _ANY_CAMERA

    def _is_agreed(self) -> bool:
        if not self._asker.is_attended:
            return True
        names = ", ".join(camera.id for camera in self._draft.cameras) or "-"
        self._asker.tell("summary", config=self._config, tower=self._draft.tower_id, cameras=names)
        if self._asker.agrees("write", default=True):
            return True
        self._asker.tell("interrupted")
        return False

    def _certificate(self) -> tuple[Enrolled, TowerKey] | None:
        """Use the code up; where that fails, a person may go on without."""
        invitation = self._draft.invitation
        if invitation is None:
            return None
        try:
            return enrol.ask_for_certificate(self._folder, invitation)
        except EnrolmentError as err:
            if not self._asker.is_attended:
                raise
            self._asker.tell("no.code", why=str(err))
            if not self._asker.agrees("write_anyway", default=True):
                raise
            return None

    def _write(self, text: str, certificate: tuple[Enrolled, TowerKey] | None) -> None:
        """Write all files, or none: what can be refused has been by now."""
        cameras, config = self._draft.cameras, self._config
        with writing.uninterrupted():
            if certificate is not None and self._draft.invitation is not None:
                enrol.install(self._folder, self._draft.invitation, *certificate)
            copy = writing.keep_copy(config)
            secrets = writing.write_secrets(config, cameras)
            writing.write_settings(config, text)
            self._is_written = True
            tower = self._write_tower(text)
        for key, path in (("written", config), ("copy", copy), ("secrets", secrets), ("tower_file", tower)):
            if path is not None:
                self._asker.tell(key, path=path)

    def _write_tower(self, text: str) -> Path | None:
        """Write the tower for the centre's map, where there is a camera on it."""
        try:
            settings = writing.require_usable(text, self._config)
        except ConfigError:
            return None
        return writing.write_tower(self._config, settings, self._name(settings.tower.id))

    def _name(self, tower_id: str) -> str:
        """Return how the centre calls the tower, or how an earlier run wrote it down."""
        if self._draft.invitation is not None:
            return self._draft.invitation.name
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads(self._config.with_name("tower.geojson").read_text(encoding="utf-8"))
            return str(known["properties"]["name_zh"])
        return tower_id

    def _add(self) -> int:
        text = self._config.read_text(encoding="utf-8")
        self._draft, taken = draft_of(text, str(self._config))
        interview = self._interview(taken)
        with self._pictures_kept_only_if_written(interview):
            interview.ask_cameras()
            if not self._draft.cameras:
                self._asker.tell("nothing_added")
                return 0 if self._asker.is_attended else 1
            added = writing.with_cameras(text, self._draft.cameras)
            writing.require_usable(added, self._config)
            if not self._is_agreed():
                return 1
            self._write(added, None)
        return self._end(None)

    def _certificate_only(self) -> int:
        text = self._config.read_text(encoding="utf-8")
        self._draft = draft_of(text, str(self._config))[0]
        self._draft.tower_id = self._answers.tower.id or self._draft.tower_id
        TowerQuestions(self._asker, self._answers, self._draft).centre()
        certificate = self._certificate()
        if certificate is None or self._draft.invitation is None:
            self._asker.tell("interrupted")
            return 1
        enrolled = certificate[0]
        with writing.uninterrupted():
            enrol.install(self._folder, self._draft.invitation, *certificate)
            self._is_written = True
            added = writing.with_broker(text, writing.Broker(enrolled.broker_host, enrolled.broker_port))
            if added != text:
                writing.keep_copy(self._config)
                writing.write_settings(self._config, added)
        return self._end(certificate)

    @contextlib.contextmanager
    def _pictures_kept_only_if_written(self, interview: Interview) -> Iterator[None]:
        try:
            yield
        finally:
            if not self._is_written:
                interview.forget_pictures()

    def _end(self, certificate: tuple[Enrolled, TowerKey] | None) -> int:
        """Try the broker, and say what comes next."""
        if certificate is not None and not enrol.try_broker(self._config, certificate[0], self._folder):
            return 1
        self._asker.tell("next")
        say(f"  firewatch-edge doctor --config {self._config}\n  firewatch-edge run --config {self._config}")
        return 0


def _choice(typed: str) -> str:
    if typed.lower() not in {"a", "n", "q"}:
        raise Refused("exists")
    return typed.lower()
