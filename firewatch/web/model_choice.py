"""The model on a tower's page: which one runs, and which packages it may be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.errors import CommandRefused, InvalidValue
from firewatch.services.model_choice import update_of

if TYPE_CHECKING:
    from firewatch.domain.ids import TowerId
    from firewatch.domain.remote import UpdateModel
    from firewatch.services.offering import PackageShelf
    from firewatch.services.views import NodeView
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import VitalsV1

__all__ = ["ModelView", "PackageRow", "model_view", "offered_update"]

_SHA_DIGITS = 12


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package that may be chosen, in words; `sha256` is the whole package's."""

    sha256: str
    words: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """A tower's model as its page shows it.

    Parameters
    ----------
    runs : str
        Which one runs, as the node said last.
    notes : tuple of str
        How it came there, and which one was taken back.
    packages : tuple of PackageRow
        What may be chosen, the newest first.
    why_none : str
        Why nothing may be chosen; empty where something may.
    """

    runs: str
    notes: tuple[str, ...]
    packages: tuple[PackageRow, ...]
    why_none: str


def model_view(node: NodeView, shelf: PackageShelf | None, speaker: Speaker) -> ModelView:
    """Return which model a node runs, and what it may be given instead."""
    texts, vitals = speaker.texts, None if node.vitals is None else node.vitals.vitals
    packages = () if shelf is None else _packages(shelf, "" if vitals is None else vitals.model_version, speaker)
    why_none = texts.text("commands.model.off" if shelf is None else "commands.model.empty")
    if vitals is None:
        return ModelView(texts.text("commands.model.unknown"), (), packages, "" if packages else why_none)
    model = f"{vitals.model_version} {vitals.model_sha256[:8]}".strip()
    runs = texts.text("commands.model.runs", model=model)
    return ModelView(runs, _notes(vitals, speaker), packages, "" if packages else why_none)


def _notes(vitals: VitalsV1, speaker: Speaker) -> tuple[str, ...]:
    state, note, texts = vitals.model_state, vitals.model_note, speaker.texts
    told = (texts.text(f"commands.model.state.{state}"),) if state else ()
    return (*told, texts.text("nodes.model.taken_back", note=note)) if note else told


def _packages(shelf: PackageShelf, running: str, speaker: Speaker) -> tuple[PackageRow, ...]:
    def words(name: str, version: str, sha256: str) -> str:
        told = f"{name} {version} ({sha256[:_SHA_DIGITS]})"
        return speaker.texts.text("commands.model.same", model=told) if version == running else told

    return tuple(PackageRow(one.sha256, words(one.name, one.version, one.sha256)) for one in shelf.offers())


def offered_update(tower_id: TowerId, shelf: PackageShelf | None, wanted: str) -> UpdateModel:
    """Return the update to a package that is offered now; raise `CommandRefused` where it is not."""
    try:
        return update_of(() if shelf is None else shelf.offers(), wanted)
    except InvalidValue as err:
        raise CommandRefused(tower_id, "offer", str(err)) from err
