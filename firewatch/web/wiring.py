"""What the pages are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from firewatch.domain.sites import Name
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import Tower
    from firewatch.fusion import Ground
    from firewatch.services.danger_views import ClassBoard, DangerBoard, IgnitionBoard, SurfaceBoard
    from firewatch.services.enrolment_ports import IssuedCertificate
    from firewatch.services.feed_states import FeedBoard
    from firewatch.services.hotspots import HotspotPages
    from firewatch.services.links import CallLinks
    from firewatch.services.locating import Locator
    from firewatch.services.masks import MaskDesk, PoseViews
    from firewatch.services.ports import Clock
    from firewatch.services.spreading import SpreadBoard
    from firewatch.services.terrain_board import TerrainBoard
    from firewatch.services.townships import Townships
    from firewatch.services.views import (
        Accounts,
        EvidencePictures,
        IncidentBoard,
        LiveTail,
        LiveWake,
        MatchDesk,
        RangerDesk,
        ReviewDesk,
        Sessions,
        SiteBoard,
    )
    from firewatch.web.remote_wiring import RemoteServices

__all__ = ["CertificateBoard", "WebServices", "WebSettings"]

_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What an operator decides about the pages.

    Parameters
    ----------
    secret : str
        Signs CSRF tokens; at least 16 characters, from the environment.
    centre_name : Name
        Shown in the header.
    time_zone : ZoneInfo
        In which the server writes clock times.
    session_life : timedelta
        How long a log-in stands: a shift and its handover.
    cookie_secure : bool
        True where the pages are served over HTTPS.
    poll_s, beat_s : float
        How often the event log is looked at where nothing wakes its reader, and how often a quiet stream says that it
        lives [s]. Browsers call a stream stale after 10 s, so a beat must come at least twice in that time.
    """

    secret: str
    centre_name: Name = field(default_factory=lambda: Name("衡阳", "Hengyang"))
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    session_life: timedelta = timedelta(hours=12)
    cookie_secure: bool = False
    poll_s: float = 0.2
    beat_s: float = 4.0

    def __post_init__(self) -> None:
        if len(self.secret) < _SHORTEST_SECRET:
            raise InvalidValue("web secret", f"{len(self.secret)} characters", f"at least {_SHORTEST_SECRET}")


class CertificateBoard(Protocol):
    """The certificates of the towers (`services.enrolment_ports.CertificateBook` fulfils this)."""

    def certificates(self) -> tuple[IssuedCertificate, ...]:
        """Return all, the latest first."""
        ...


@dataclass(frozen=True, slots=True)
class WebServices:
    """The ports that the pages read and act through.

    Without a `wake`, the log is looked at every `settings.poll_s`; without a `surface`, danger is told for stations
    only; without an `ignition`, no calendar is shown; without `classes`, the grade stands
    alone; without `feeds` or `certificates`, none are shown; without `masks`, none are drawn; without `remote`, nothing
    can be asked of towers; without `matching`, sightings are matched by nobody; without `spread`, no incident tells how
    it spreads; without `hotspots`, none are shown. `ground` gives the ground around towers, or None for the plane;
    without a `locator`, regions are made of it and of the sightings; without a `terrain`, nobody tells for which towers
    it is ready; without `townships`, a region names none.
    """

    clock: Clock
    incidents: IncidentBoard
    pictures: EvidencePictures
    sites: SiteBoard
    danger: DangerBoard
    live: LiveTail
    review: ReviewDesk
    calls: RangerDesk
    accounts: Accounts
    sessions: Sessions
    links: CallLinks
    settings: WebSettings
    wake: LiveWake | None = None
    surface: SurfaceBoard | None = None
    ignition: IgnitionBoard | None = None
    classes: ClassBoard | None = None
    feeds: FeedBoard | None = None
    certificates: CertificateBoard | None = None
    masks: MaskDesk | None = None
    pose_views: PoseViews | None = None
    remote: RemoteServices | None = None
    matching: MatchDesk | None = None
    spread: SpreadBoard | None = None
    hotspots: HotspotPages | None = None
    ground: Callable[[Sequence[Tower]], Ground | None] = lambda _towers: None
    locator: Locator | None = None
    townships: Townships | None = None
    terrain: TerrainBoard | None = None

    def certificate_ends(self) -> Mapping[TowerId, datetime]:
        """Return until when the latest standing certificate of each tower is good."""
        if self.certificates is None:
            return {}
        ends: dict[TowerId, datetime] = {}
        for one in self.certificates.certificates():
            if one.revoked_at is None:
                ends[one.tower_id] = max(one.expires_at, ends.get(one.tower_id, one.expires_at))
        return ends
