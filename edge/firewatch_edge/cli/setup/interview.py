"""The whole of `init` at a terminal: all questions in order, a summary, then all files at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.errors import ConfigError
from firewatch_edge.cli.setup.answers import CameraAnswers
from firewatch_edge.cli.setup.asking import Back, take_steps
from firewatch_edge.cli.setup.camera import CameraQuestions
from firewatch_edge.cli.setup.draft import CameraDraft, Draft
from firewatch_edge.cli.setup.tower import TowerQuestions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch_edge.cli.setup.answers import Answers
    from firewatch_edge.cli.setup.asking import Asker
    from firewatch_edge.mount import FoundDevice

__all__ = ["Interview", "draft_of"]

_MOST_CAMERAS = 64


class Interview:
    """Asks for a tower, or for cameras more.

    Parameters
    ----------
    asker : Asker
        Asks.
    answers : Answers
        What was given beforehand.
    draft : Draft
        Where the answers go.
    folder : Path
        Of the settings; first pictures go there.
    taken : frozenset of str
        Names of the cameras that the settings have already.
    """

    def __init__(
        self, asker: Asker, answers: Answers, draft: Draft, folder: Path, taken: frozenset[str] = frozenset()
    ) -> None:
        self._asker = asker
        self._answers = answers
        self._draft = draft
        self._folder = folder
        self._taken = taken
        # Whether cameras are tried, and who looks for them on the network.
        self.tries = True
        self.find: Callable[[], tuple[FoundDevice, ...]] | None = None
        self.pictures: list[Path] = []

    def ask_tower(self) -> None:
        """Ask for everything, with a way back from each question to the one before."""
        tower = TowerQuestions(self._asker, self._answers, self._draft)
        steps = [tower.tower, tower.place, tower.ground, tower.mast, tower.centre, self.ask_cameras]
        while True:
            try:
                take_steps(self._asker, steps)
            except Back:
                self._asker.tell("first_question")
            else:
                return

    def ask_cameras(self) -> None:
        """Ask for one camera after the other."""
        self._draft.cameras = []
        given = self._answers.camera
        if given is not None:
            for each in given:
                self._ask_camera(each)
            return
        if not self._asker.is_attended:
            return
        while len(self._taken) + len(self._draft.cameras) < _MOST_CAMERAS and self._asks_another():
            pass

    def _asks_another(self) -> bool:
        """Ask for one camera, or take the last one back; return whether there is to be another."""
        try:
            is_there = self._ask_camera(CameraAnswers())
        except Back:
            if not self._draft.cameras:
                raise
            self._draft.cameras.pop()
            return True
        return is_there and self._asker.agrees("another", default=False)

    def _ask_camera(self, given: CameraAnswers) -> bool:
        taken = self._taken | {camera.id for camera in self._draft.cameras}
        camera = CameraDraft(given)
        questions = CameraQuestions(self._asker, self._draft, camera, taken, self._folder)
        questions.tries = self.tries
        if self.find is not None:
            questions.find = self.find
        try:
            is_there = questions.ask()
        finally:
            self.pictures += questions.pictures
        if is_there:
            self._draft.cameras.append(camera)
        return is_there

    def forget_pictures(self) -> None:
        """Take away what was only written for the technician to look at."""
        for path in self.pictures:
            path.unlink(missing_ok=True)


def draft_of(text: str, source: str) -> tuple[Draft, frozenset[str]]:
    """Return what settings say of the tower, and the names of their cameras; also where they have no camera yet."""
    try:
        raw: dict[str, Any] = msgspec.toml.decode(text.encode("utf-8"))
        tower = raw["tower"]
        draft = Draft(str(tower["id"]), tower.get("lat_deg"), tower.get("lon_deg"))
        return draft, frozenset(str(camera["id"]) for camera in raw.get("camera", ()))
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as err:
        raise ConfigError(source, "file", f"no camera can be added to it: {err!r}") from err
