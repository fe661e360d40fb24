"""`firewatch towers command WHAT TOWER`: ask a tower to do something, and wait for its answer."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.errors import InvalidValue, StoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from firewatch.adapters.store import Store
    from firewatch.config import CentralConfig
    from firewatch.domain.ids import CommandId, EvidenceId, TowerId
    from firewatch.domain.remote import Action
    from firewatch.services.command_ports import CommandRecord
    from firewatch.wire.model_offer import OfferedModel

__all__ = ["action_of", "add_command_actions", "run_command", "run_commands"]

_LOOK_S = 0.5
# A picture that was named comes within a few seconds of its reply on a link that works.
_PICTURES_S = 30.0
_IN_WORDS = {
    "queued": "waits to be sent: does `firewatch serve` run?",
    "sent": "sent, no answer yet",
    "accepted": "the tower is at it",
    "done": "done",
    "refused": "REFUSED by the tower",
    "failed": "FAILED",
    "expired": "came too late",
    "unsent": "NOT SENT before it expired: does `firewatch serve` run, and has it a link to the broker?",
    "unanswered": "NO ANSWER",
    "unfinished": "accepted, never finished",
}


def add_command_actions(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
) -> list[argparse.ArgumentParser]:
    """Declare `command` and `commands`; return all parsers that take settings."""
    commands = actions.add_parser("commands", help="what was asked of towers lately, by whom, and what became of it")
    commands.add_argument("tower", nargs="?", metavar="TOWER", help="only this one's")
    commands.add_argument("--last", type=int, default=20, metavar="N", help="how many, the latest first (20)")
    commands.add_argument("--json", action="store_true", help="one JSON object a line, times in UTC")
    asking = actions.add_parser("command", help="ask a tower to do something, and wait for its answer")
    doing = asking.add_subparsers(dest="doing", required=True, metavar="WHAT")
    leaves = [*_looking(doing), *_tending(doing)]
    for leaf in leaves:
        leaf.add_argument("--by", metavar="NAME", help="who asks (default: your account on this computer)")
        leaf.add_argument("--no-wait", action="store_true", help="do not wait for the answer")
        leaf.add_argument("--json", action="store_true", help="the command and its answers as one JSON object")
        leaf.add_argument("--out", type=Path, metavar="DIR", help="save the pictures and files of the answer")
    return [commands, asking, *leaves]


def _leaf(doing: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str) -> argparse.ArgumentParser:
    leaf = doing.add_parser(name, help=what)
    leaf.add_argument("tower", metavar="TOWER", help="its id in the sites file, or that it speaks under")
    return leaf


def _looking(doing: argparse._SubParsersAction[argparse.ArgumentParser]) -> list[argparse.ArgumentParser]:
    snapshot = _leaf(doing, "snapshot", "the whole picture of a camera, now")
    look = _leaf(doing, "look", "look along a bearing, and send the picture")
    look.add_argument("bearing_deg", type=float, metavar="BEARING", help="true azimuth, clockwise from north [deg]")
    look.add_argument("--camera", metavar="CAMERA", help="which (default: the tower chooses)")
    look.add_argument("--hold", type=float, default=60.0, metavar="S", help="how long it stays there (60)")
    live = _leaf(doing, "live", "a picture a second, shown on the tower's page")
    live.add_argument("--seconds", type=float, default=60.0, metavar="S", help="for how long, at most 60")
    held = _leaf(doing, "held-back", "what was found and not reported, with pictures")
    held.add_argument("--hours", type=float, default=6.0, metavar="H", help="seen within so long (6)")
    held.add_argument("--most", type=int, default=20, metavar="N", help="at most so many, 1 to 50 (20)")
    for one in (snapshot, live):
        one.add_argument("camera", metavar="CAMERA")
    return [snapshot, look, live, held]


def _tending(doing: argparse._SubParsersAction[argparse.ArgumentParser]) -> list[argparse.ArgumentParser]:
    pause = _leaf(doing, "pause", "stop detecting at a camera for a while")
    pause.add_argument("--minutes", type=float, required=True, metavar="M", help="for how long, at most 1440")
    pause.add_argument("--reason", required=True, metavar="TEXT", help="kept and shown")
    resume = _leaf(doing, "resume", "detect again")
    reload = _leaf(doing, "reload", "read the tower's settings file again")
    logs = _leaf(doing, "logs", "the last of the node's log")
    logs.add_argument("--bytes", type=int, default=50_000, metavar="N", help="1000 to 200000 (50000)")
    exercise = _leaf(doing, "exercise", "draw a smoke that is none into a camera's pictures")
    exercise.add_argument("--pose", metavar="POSE", help="which view (default: the tower chooses)")
    exercise.add_argument("--minutes", type=float, default=10.0, metavar="M", help="for how long, at most 30 (10)")
    exercise.add_argument("--azimuth", type=float, metavar="DEG", help="where (default: the tower chooses)")
    for one in (pause, resume, exercise):
        one.add_argument("camera", metavar="CAMERA")
    end = _leaf(doing, "end-exercise", "draw no more smoke")
    update = _leaf(doing, "update-model", "fetch an offered model package, try it, and go on with it")
    update.add_argument(
        "--model", required=True, metavar="WHICH", help="version or SHA-256, of `firewatch model offers`"
    )
    return [pause, resume, reload, logs, exercise, end, update]


def run_command(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    """Take down the command, wait for the answer, and print it; 0 only when it is done, or was not waited for."""
    from firewatch.adapters.clock import SystemClock
    from firewatch.bootstrap import new_id
    from firewatch.domain.ids import TowerId, require_slug
    from firewatch.domain.roster import Actor
    from firewatch.services.commanding import Asking, CommandDesk, state_of

    clock = SystemClock()
    tower_id = TowerId(require_slug("tower", args.tower))
    _require_known(tower_id, config, store)
    action = action_of(args, clock.now(), lambda: _offered(config))
    asking = Asking(Actor("local", _who(args)), None, "program")
    command = CommandDesk(store.command_book, clock, new_id).issue(asking, tower_id, action)
    if not args.no_wait:
        _wait(store, command.command_id, lambda record: state_of(record, clock.now()).value)
    record = store.command_book.command(command.command_id)
    if record is None:
        raise StoreError(f"command {command.command_id} is gone from the store: was it pruned just now?")
    state = state_of(record, clock.now()).value
    if args.json:
        print(json.dumps(_as_json(record, state), ensure_ascii=False))
    else:
        _print_answer(record, state)
    if args.out is not None:
        _save(args.out, record, store)
    return 0 if state == "done" or args.no_wait else 1


def _require_known(tower_id: TowerId, config: CentralConfig, store: Store) -> None:
    from firewatch.adapters.sites_geojson import read_sites

    known = {tower.tower_id for tower in read_sites(Path(config.centre.sites)).towers}
    known |= {status.tower_id for status in store.node_book.statuses()}
    if tower_id not in known:
        raise InvalidValue("tower", tower_id, f"one of the sites file, or one that spoke: {', '.join(sorted(known))}")


def _offered(config: CentralConfig) -> Sequence[OfferedModel]:
    from firewatch.adapters.package_folder import PackageFolder
    from firewatch.cli.model_shelf import folder_of

    return PackageFolder(folder_of(config)).offers()


def action_of(args: argparse.Namespace, now: datetime, offered: Callable[[], Sequence[OfferedModel]]) -> Action:
    """Return what the words ask for, of the `offered` model packages too; raise `InvalidValue` where it cannot be."""
    from datetime import timedelta

    from firewatch.domain import remote
    from firewatch.services.model_choice import update_of

    made: dict[str, Callable[[], Action]] = {
        "snapshot": lambda: remote.Snapshot(camera_id=args.camera),
        "look": lambda: remote.LookAt(bearing_deg=args.bearing_deg, camera_id=args.camera, hold_s=args.hold),
        "live": lambda: remote.LiveLook(camera_id=args.camera, for_s=args.seconds),
        "held-back": lambda: remote.FetchHeldBack(since=now - timedelta(hours=args.hours), most=args.most),
        "pause": lambda: remote.Pause(
            camera_id=args.camera, until=now + timedelta(minutes=args.minutes), reason=args.reason
        ),
        "resume": lambda: remote.Resume(camera_id=args.camera),
        "reload": remote.Reload,
        "logs": lambda: remote.FetchLogs(most_bytes=args.bytes),
        "exercise": lambda: remote.Exercise(
            camera_id=args.camera, pose_id=args.pose, minutes=args.minutes, azimuth_deg=args.azimuth
        ),
        "end-exercise": remote.EndExercise,
        "update-model": lambda: update_of(offered(), args.model),
    }
    try:
        return made[args.doing]()
    except (OverflowError, ValueError) as err:
        raise InvalidValue("length of time", args.doing, "one that the calendar has") from err


def _who(args: argparse.Namespace) -> str:
    import getpass

    try:
        return str(args.by or getpass.getuser())
    except (OSError, KeyError):
        return "unknown"


def _wait(store: Store, command_id: CommandId, state: Callable[[CommandRecord], str]) -> None:
    """Look until nothing more is to be expected, saying how it stands."""
    began_at, told, done_at = time.monotonic(), "", None
    while (record := store.command_book.command(command_id)) is not None:
        now, words = state(record), _IN_WORDS[state(record)]
        if now not in _OPEN:
            done_at = done_at or time.monotonic()
            missing = _missing(record, store)
            if not missing or time.monotonic() - done_at > _PICTURES_S:
                break
            words = f"{words}; {missing} pictures are on their way"
        told = _tell(words, told, time.monotonic() - began_at)
        time.sleep(_LOOK_S)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)


_OPEN = frozenset({"queued", "sent", "accepted"})


def _tell(words: str, told: str, seconds: float) -> str:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words} ({seconds:.0f} s)", end="", file=sys.stderr, flush=True)
    elif words != told:
        print(words, file=sys.stderr, flush=True)
    return words


def _pictures(record: CommandRecord) -> list[EvidenceId]:
    replies = [stored.reply for stored in record.replies]
    named = [evidence_id for reply in replies for evidence_id in reply.evidence_ids]
    named += [one.evidence_id for reply in replies for one in reply.held_back if one.evidence_id is not None]
    return list(dict.fromkeys(named))


def _missing(record: CommandRecord, store: Store) -> int:
    return sum(store.evidence_files.read(evidence_id) is None for evidence_id in _pictures(record))


def _save(folder: Path, record: CommandRecord, store: Store) -> None:
    from firewatch.adapters.whole_file import write_whole

    folder.mkdir(parents=True, exist_ok=True)
    for evidence_id in _pictures(record):
        jpeg = store.evidence_files.read(evidence_id)
        if jpeg is not None:
            write_whole(folder / f"{evidence_id}.jpg", jpeg)
    attached = store.command_book.attachment(record.command.command_id)
    if attached is not None:
        # A name from outside is a name only.
        write_whole(folder / f"{record.command.command_id}-{Path(attached.name).name}", attached.content)


def _as_json(record: CommandRecord, state: str) -> dict[str, Any]:
    from firewatch.domain.ids import MessageId
    from firewatch.wire.remote_codec import encode_command, encode_reply

    return {
        "state": state,
        "by": record.actor.name,
        "through": record.through,
        "sent_at": None if record.sent_at is None else record.sent_at.isoformat(),
        "command": json.loads(encode_command(record.command)),
        "replies": [_bare(encode_reply(one.reply, MessageId(""))) for one in record.replies],
    }


def _bare(reply: bytes) -> dict[str, Any]:
    # The id under which the message was receipted is the transport's own affair.
    fields: dict[str, Any] = json.loads(reply)
    del fields["message_id"]
    return fields


def _print_answer(record: CommandRecord, state: str) -> None:
    last = record.last
    print(f"{record.command.tower_id} {record.command.command_id}: {_IN_WORDS[state]}")
    if last is None:
        return
    for words in (last.reply.code, last.reply.text):
        if words:
            print(f"  {words}")
    for name, value in last.reply.facts.items():
        print(f"  {name} = {value}")
    for one in last.reply.held_back:
        print(
            f"  {one.first_at:%Y-%m-%dT%H:%M:%SZ} {one.camera_id} {one.pose_id} {one.score:.2f} {one.reason} {one.note}"
        )
    for evidence_id in _pictures(record):
        print(f"  picture {evidence_id}")


def run_commands(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    """Print what was asked lately."""
    from zoneinfo import ZoneInfo

    from firewatch.adapters.clock import SystemClock
    from firewatch.domain.ids import TowerId, require_slug
    from firewatch.services.command_ports import CommandsWanted
    from firewatch.services.commanding import state_of

    if not 1 <= args.last <= _MOST_LISTED:
        raise InvalidValue("--last", args.last, f"1 to {_MOST_LISTED}")
    tower_id = TowerId(require_slug("tower", args.tower)) if args.tower else None
    now, zone = SystemClock().now(), ZoneInfo(config.centre.time_zone)
    for record in store.command_book.latest(CommandsWanted(tower_id), args.last):
        state = state_of(record, now).value
        print(json.dumps(_as_json(record, state), ensure_ascii=False) if args.json else _line(record, state, zone))
    return 0


_MOST_LISTED = 1000


def _line(record: CommandRecord, state: str, zone: ZoneInfo) -> str:
    from firewatch.wire.remote_codec import action_name

    command, last = record.command, record.last
    said = "" if last is None else f"  {last.reply.code or last.reply.text}"
    at = command.issued_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return (
        f"{at}  {command.tower_id:<20} {action_name(command.action):<13} {state:<11} {record.actor.name}{said}".rstrip()
    )
