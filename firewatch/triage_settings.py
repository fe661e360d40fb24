"""The settings of the belief that a smoke is a fire, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TriageConfig", "with_triage_folder", "wrong_triage"]

_KINDS = (".toml", ".json")


class TriageConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The belief.

    Parameters
    ----------
    weights : str
        What evidence is worth: learned weights of `firewatch triage train` (.json), an expert table of one's own
        (.toml, as configs/triage.toml), or empty for the built-in expert table.
    smoke_sources : str
        Known sources of smoke (GeoJSON); empty for none.
    """

    weights: str = ""
    smoke_sources: str = ""


def with_triage_folder(triage: TriageConfig, folder: Path) -> TriageConfig:
    """Return the settings with the names of files taken from a folder."""
    return replace(
        triage,
        weights=triage.weights and str(folder / triage.weights),
        smoke_sources=triage.smoke_sources and str(folder / triage.smoke_sources),
    )


def wrong_triage(triage: TriageConfig) -> Iterator[tuple[str, str]]:
    """Tell the key and the fault of what cannot be, whatever the files say."""
    if triage.weights and not triage.weights.endswith(_KINDS):
        allowed = f'a file whose name ends in {" or ".join(_KINDS)}, or "" for the built-in expert table'
        yield "triage.weights", f"{triage.weights!r}; allowed is {allowed}"
