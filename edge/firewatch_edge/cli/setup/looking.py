"""The questions about where a camera looks: field of view, azimuth by a landmark, tilt; or pose by pose."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from firewatch_edge.cli.setup.asking import Question, Refused, take_steps
from firewatch_edge.cli.setup.draft import PoseDraft
from firewatch_edge.cli.setup.reading import azimuth_to, read_number, read_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.cli.setup.asking import Asker
    from firewatch_edge.cli.setup.draft import CameraDraft, Draft
    from firewatch_edge.patrol import Preset

__all__ = ["PoseQuestions", "azimuth_by_landmark", "slug_of"]

_USUAL_HFOV_DEG = 54.0
_NARROWEST_DEG, _WIDEST_DEG, _STEEPEST_DEG = 1.0, 150.0, 90.0
_FULL_TURN_DEG = 360.0
# A unit of pan, where the mount is not described otherwise (`camera.mount.deg_per_pan`) [deg].
_DEG_PER_PAN = 180.0
# A landmark nearer than this [m] may be out by more than a degree for a GPS position; one farther is not seen.
_NEAREST_M, _FARTHEST_M = 500.0, 50_000.0
_LANDMARK = {"m", "M", "地标"}
_ALL = "all"


def azimuth_by_landmark(azimuth_deg: float, across: float, hfov_deg: float) -> float:
    """Return where the middle of a picture points in which a landmark is seen.

    Parameters
    ----------
    azimuth_deg : float
        True azimuth of the landmark from the tower [deg].
    across : float
        Where it stands in the picture: 0 its left edge, 1 its right.
    hfov_deg : float
        Horizontal field of view [deg].
    """
    half = math.tan(math.radians(hfov_deg) / 2.0)
    aside = math.degrees(math.atan((2.0 * across - 1.0) * half))
    return (azimuth_deg - aside) % 360.0


class PoseQuestions:
    """Asks for the pose of a camera, or for those of its round.

    Parameters
    ----------
    asker : Asker
        Asks.
    draft : Draft
        Of the tower, for its place.
    camera : CameraDraft
        Where the answers go.
    """

    def __init__(self, asker: Asker, draft: Draft, camera: CameraDraft) -> None:
        self._asker = asker
        self._draft = draft
        self._camera = camera

    def steps(self) -> list[Callable[[], None]]:
        """Return the questions in order."""
        return [self._explain, self._fixed_hfov, self._fixed_azimuth, self._fixed_tilt, self._round]

    def _explain(self) -> None:
        if self._asker.is_attended and self._camera.given.azimuth_deg is None:
            self._asker.tell("how_to_look")

    def _fixed_hfov(self) -> None:
        if not self._camera.presets:
            self._hfov(self._camera.pose, self._camera.given.hfov_deg)

    def _fixed_azimuth(self) -> None:
        if not self._camera.presets:
            self._azimuth(self._camera.pose, self._camera.given.azimuth_deg)

    def _fixed_tilt(self) -> None:
        if not self._camera.presets:
            self._tilt(self._camera.pose, self._camera.given.tilt_deg)

    def _hfov(self, pose: PoseDraft, given: float | None) -> None:
        # Unattended nobody guesses an angle for whoever will look for the fire.
        default = pose.hfov_deg or (_USUAL_HFOV_DEG if self._asker.is_attended else None)
        question = Question("hfov", "--hfov-deg (camera.hfov_deg)", read_number(_NARROWEST_DEG, _WIDEST_DEG))
        pose.hfov_deg = self._asker.ask(question, given, default, "" if default is None else f"{default:g}")

    def _azimuth(self, pose: PoseDraft, given: float | None) -> None:
        read = read_number(0.0, _FULL_TURN_DEG, below=True)

        def read_or_measure(typed: str) -> float | None:
            return None if typed in _LANDMARK else read(typed)

        question = Question("azimuth", "--azimuth-deg (camera.azimuth_deg)", read_or_measure)
        while True:
            known = pose.azimuth_deg
            found = self._asker.ask(question, given, known, "" if known is None else f"{known:.1f}")
            if found is not None:
                pose.azimuth_deg = found
                return
            measured = self._measured(pose.hfov_deg or _USUAL_HFOV_DEG)
            pose.azimuth_deg = known if measured is None else measured

    def _measured(self, hfov_deg: float) -> float | None:
        """Ask for a landmark and where it is in the picture; return the azimuth of the picture's middle."""
        draft = self._draft
        if draft.lat_deg is None or draft.lon_deg is None:
            self._asker.tell("no.place_first")
            return None
        here = (draft.lat_deg, draft.lon_deg)

        def read_landmark(typed: str) -> tuple[float, float]:
            azimuth, distance_m = azimuth_to(*here, *read_place(typed))
            if not _NEAREST_M <= distance_m <= _FARTHEST_M:
                raise Refused("landmark", km=f"{distance_m / 1000.0:.1f}")
            return azimuth, distance_m

        azimuth, distance_m = self._asker.ask(Question("landmark", "camera.azimuth_deg", read_landmark))
        percent = self._asker.ask(Question("across", "camera.azimuth_deg", read_number(0.0, 100.0)))
        middle = azimuth_by_landmark(azimuth, percent / 100.0, hfov_deg)
        km = f"{distance_m / 1000.0:.1f}"
        self._asker.tell("measured", azimuth=f"{azimuth:.1f}", km=km, middle=f"{middle:.1f}")
        return middle

    def _tilt(self, pose: PoseDraft, given: float | None) -> None:
        question = Question("tilt", "camera.tilt_deg", read_number(-_STEEPEST_DEG, _STEEPEST_DEG))
        pose.tilt_deg = self._asker.ask(question, given, pose.tilt_deg, f"{pose.tilt_deg:g}")

    def _round(self) -> None:
        """Ask for each preset of a camera that turns."""
        camera = self._camera
        if not camera.presets:
            return
        camera.poses = []
        if camera.given.poses:
            camera.poses = [
                PoseDraft(slug_of(each.preset), each.preset, each.azimuth_deg, each.tilt_deg, each.hfov_deg)
                for each in camera.given.poses
            ]
            return
        for number, preset in enumerate(camera.presets, 1):
            self._asker.tell("preset", number=number, name=preset.name or preset.token)
        chosen = self._asker.ask(Question("presets", "camera.poses", self._read_presets), default=camera.presets)
        first: tuple[float, float] | None = None
        for preset in chosen:
            first = self._ask_pose(preset, first)

    def _read_presets(self, typed: str) -> tuple[Preset, ...]:
        known = self._camera.presets
        if typed.lower() == _ALL:
            return known
        numbers = typed.replace("，", " ").replace(",", " ").split()  # noqa: RUF001 - as a Chinese keyboard types it
        if not numbers or not all(each.isdigit() and 1 <= int(each) <= len(known) for each in numbers):
            raise Refused("number_of_list", typed=typed)
        return tuple(known[int(each) - 1] for each in numbers)

    def _ask_pose(self, preset: Preset, first: tuple[float, float] | None) -> tuple[float, float] | None:
        """Ask for one pose; return pan and azimuth of the first, from which the others' are guessed."""
        camera, pan = self._camera, None if preset.position is None else preset.position.pan
        pose = PoseDraft(slug_of(preset.name, preset.token), preset.name or preset.token)
        if camera.poses:
            pose.hfov_deg = camera.poses[-1].hfov_deg
        if first is not None and pan is not None:
            pose.azimuth_deg = round((first[1] + (pan - first[0]) * _DEG_PER_PAN) % 360.0, 1)
        self._asker.tell("pose_of", name=pose.preset)
        take_steps(
            self._asker,
            [lambda: self._hfov(pose, None), lambda: self._azimuth(pose, None), lambda: self._tilt(pose, None)],
        )
        camera.poses.append(pose)
        return first or (None if pan is None or pose.azimuth_deg is None else (pan, pose.azimuth_deg))


def slug_of(name: str, token: str = "") -> str:
    """Return a name for a pose: of the preset's own, what may stand in one."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    tail = "".join(letter for letter in (token or name).lower() if letter.isascii() and letter.isalnum())
    return kept.strip("-")[:32].strip("-") or f"preset-{tail or 'x'}"[:32]
