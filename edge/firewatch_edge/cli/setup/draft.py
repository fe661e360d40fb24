"""What has been answered so far; nothing of it is on the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch_edge.cli.setup.answers import CameraAnswers
    from firewatch_edge.enrolment import DeskAddress
    from firewatch_edge.mount import OnvifFacts
    from firewatch_edge.patrol import Preset

__all__ = ["CameraDraft", "Draft", "Invitation", "PoseDraft"]

_RECORDED_OR_DEVICE = {"device", "folder", "video"}


@dataclass(slots=True)
class PoseDraft:
    """Where a camera looks."""

    id: str = "main"
    preset: str = ""
    azimuth_deg: float | None = None
    tilt_deg: float = 0.0
    hfov_deg: float | None = None


@dataclass(slots=True)
class CameraDraft:
    """One camera as far as it is known."""

    given: CameraAnswers
    id: str = ""
    kind: str = ""
    place: str = ""
    username: str = ""
    password: str | None = None
    password_env: str = ""
    clock: str = "camera"
    pose: PoseDraft = field(default_factory=PoseDraft)
    mount_url: str = ""
    facts: OnvifFacts | None = None
    presets: tuple[Preset, ...] = ()
    poses: list[PoseDraft] = field(default_factory=list)
    is_tried: bool = False

    @property
    def has_path(self) -> bool:
        """Whether it is found by a path, not by an address."""
        return self.kind in _RECORDED_OR_DEVICE

    @property
    def variable(self) -> str:
        """The environment variable of its password; empty where it has no account."""
        if not self.username:
            return ""
        return self.password_env or f"CAMERA_{self.id.upper().replace('-', '_').replace('.', '_')}_PASSWORD"

    def environment(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with its password in it."""
        own = {self.variable: self.password} if self.variable and self.password is not None else {}
        return {**known, **own}


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that the centre's desk knows: not used up yet."""

    address: DeskAddress
    secret: str
    authority_pem: str
    tower_id: str
    name: str


@dataclass(slots=True)
class Draft:
    """The whole set-up as far as it is known."""

    tower_id: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None
    ground_m: float | None = None
    mast_m: float = 0.0
    centre: DeskAddress | None = None
    invitation: Invitation | None = None
    cameras: list[CameraDraft] = field(default_factory=list)
