"""Commands to towers in words: what was asked, how it stands, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.ids import SightingId
from firewatch.domain.remote import Exercise, FetchHeldBack, FetchLogs, LiveLook, LookAt, Pause, UpdateModel
from firewatch.services.commanding import CommandState, state_of
from firewatch.web.cards import evidence_url
from firewatch.wire.remote_codec import action_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.ids import EvidenceId
    from firewatch.domain.remote import Action, HeldBackEntry, Reply
    from firewatch.services.command_ports import CommandRecord
    from firewatch.services.ports import EvidenceIndex
    from firewatch.web.words import Speaker

__all__ = ["CommandRow", "HeldRow", "command_rows", "what_words"]

_DOTS = {
    CommandState.QUEUED: "stale",
    CommandState.SENT: "stale",
    CommandState.ACCEPTED: "stale",
    CommandState.DONE: "online",
}
_KIB = 1024
# A picture that comes later than this after its reply is seen when the page is opened again.
_PICTURES_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One detection that was held back, in words, with its picture where it has arrived."""

    camera: str
    reason: str
    seen: str
    score: str
    note: str
    picture: str | None
    is_coming: bool


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command in words.

    Parameters
    ----------
    what, tower, who, asked_at : str
        What was asked of whom, by whom, when.
    state, dot : str
        How it stands, in words and as a mark.
    is_open : bool
        Whether more may still come.
    answer, said : str
        Why, in the reader's language; and what the tower said, in its own words, where that says more.
    facts : tuple of str
        What else it told.
    pictures : tuple of str
        Addresses of those that have arrived.
    coming : int
        Pictures that were named and are still on their way.
    held : tuple of HeldRow
        Of a list of what was held back.
    file_url, file_name : str
        Of the file that came with it; empty for none.
    """

    command_id: str
    what: str
    tower: str
    who: str
    asked_at: str
    state: str
    dot: str
    is_open: bool
    answer: str
    said: str
    facts: tuple[str, ...]
    pictures: tuple[str, ...]
    coming: int
    held: tuple[HeldRow, ...]
    file_url: str
    file_name: str


def command_rows(
    records: Sequence[CommandRecord], index: EvidenceIndex, speaker: Speaker, at: datetime
) -> list[CommandRow]:
    """Return a row for every command."""
    arrived = frozenset(picture.evidence_id for picture in index.pictures(_owners(records)))
    return [_row(record, arrived, speaker, at) for record in records]


def _owners(records: Sequence[CommandRecord]) -> list[SightingId]:
    """Return under which ids the pictures of these commands are kept."""
    owners: list[str] = []
    for record in records:
        action = record.command.action
        owners.append(record.command.command_id)
        if isinstance(action, LookAt) and action.sighting_id is not None:
            owners.append(action.sighting_id)
        owners += [entry.held_id for stored in record.replies for entry in stored.reply.held_back]
    # A picture that was asked for has its owner's id in the place of a sighting's.
    return [SightingId(owner) for owner in owners]


def _row(record: CommandRecord, arrived: frozenset[EvidenceId], speaker: Speaker, at: datetime) -> CommandRow:
    command, state = record.command, state_of(record, at)
    replies = [stored.reply for stored in record.replies]
    last = replies[-1] if replies else None
    named = dict.fromkeys(evidence_id for reply in replies for evidence_id in reply.evidence_ids)
    held = tuple(_held_row(entry, arrived, speaker) for reply in replies for entry in reply.held_back)
    of_entries = {entry.evidence_id for reply in replies for entry in reply.held_back}
    loose = [evidence_id for evidence_id in named if evidence_id not in of_entries]
    file_name = next((stored.attachment_name for stored in reversed(record.replies) if stored.attachment_name), "")
    answer, said = _answer_words(last, speaker)
    return CommandRow(
        command_id=command.command_id,
        what=what_words(command.action, speaker),
        tower=speaker.tower(command.tower_id),
        who=_who(record, speaker),
        asked_at=speaker.stamp(command.issued_at),
        state=speaker.texts.text(f"commands.state.{state.value}"),
        dot=_DOTS.get(state, "lost"),
        is_open=state.is_open or (_is_fresh(record, at) and any(one not in arrived for one in named)),
        answer=answer,
        said=said,
        facts=() if last is None else tuple(f"{name} = {value}" for name, value in last.facts.items()),
        pictures=tuple(f"/api/v1/evidence/{evidence_id}.jpg" for evidence_id in loose if evidence_id in arrived),
        coming=sum(evidence_id not in arrived for evidence_id in loose),
        held=held,
        file_url=f"/nodes/{command.tower_id}/commands/{command.command_id}/file" if file_name else "",
        file_name=file_name,
    )


def _is_fresh(record: CommandRecord, at: datetime) -> bool:
    return record.last is not None and at - record.last.received_at < _PICTURES_WITHIN


def _who(record: CommandRecord, speaker: Speaker) -> str:
    who = speaker.actor(record.actor)
    return speaker.texts.text("commands.by_program", who=who) if record.through == "program" else who


def _answer_words(reply: Reply | None, speaker: Speaker) -> tuple[str, str]:
    if reply is None:
        return "", ""
    key = f"commands.code.{reply.code}"
    if reply.code and speaker.texts.has(key):
        return speaker.texts.text(key), reply.text
    return reply.text or reply.code, ""


def _held_row(entry: HeldBackEntry, arrived: frozenset[EvidenceId], speaker: Speaker) -> HeldRow:
    key = f"commands.held.{entry.reason}"
    return HeldRow(
        camera=f"{entry.camera_id} · {entry.pose_id}",
        reason=speaker.texts.text(key) if speaker.texts.has(key) else entry.reason,
        seen=speaker.texts.text(
            "commands.held.seen",
            first=speaker.stamp(entry.first_at),
            last=speaker.clock(entry.last_at),
            times=entry.times,
        ),
        score=f"{speaker.percent(entry.score)}%",
        note=entry.note,
        picture=evidence_url(entry.evidence_id) if entry.evidence_id in arrived else None,
        is_coming=entry.evidence_id is not None and entry.evidence_id not in arrived,
    )


def what_words(action: Action, speaker: Speaker) -> str:
    """Return what an action asks for."""
    return speaker.texts.text(f"commands.what.{action_name(action)}", **_facts(action, speaker))


def _facts(action: Action, speaker: Speaker) -> dict[str, object]:
    facts: dict[str, object] = {
        "camera": getattr(action, "camera_id", None) or speaker.texts.text("commands.camera.any")
    }
    match action:
        case LookAt():
            facts |= {"azimuth": f"{action.bearing_deg:03.0f}", "direction": speaker.direction(action.bearing_deg)}
            facts["hold"] = f"{action.hold_s:g}"
        case LiveLook():
            facts["seconds"] = f"{action.for_s:g}"
        case Pause():
            facts |= {"until": speaker.short_stamp(action.until), "reason": action.reason}
        case FetchHeldBack():
            since = action.since
            facts |= {"most": action.most, "since": "—" if since is None else speaker.short_stamp(since)}
        case FetchLogs():
            facts["size"] = f"{action.most_bytes / _KIB:.0f} KiB"
        case UpdateModel():
            facts["version"] = action.version
        case Exercise():
            facts["minutes"] = f"{action.minutes:g}"
    return facts
