"""The settings of the node's watch over itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["HealthSection", "WatchdogSection"]


class HealthSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered of the cameras.

    Parameters
    ----------
    path : str
        Folder for the reference pictures, the last hour and the maintenance.
    """

    path: Annotated[str, Meta(min_length=1)] = "var/health"


class WatchdogSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The computer's own watchdog.

    Parameters
    ----------
    device : str
        As ``/dev/watchdog``, where systemd does not keep it; empty means none.
    """

    device: str = ""
