"""`firewatch quarantine`: what the centre could not read, kept with its raw bytes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.centre_store import existing_store
from firewatch.cli.config_option import add_config_option
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from firewatch.adapters.store import Store
    from firewatch.services.views import QuarantinedView

__all__ = ["add_parser", "run"]

# Enough digits to tell a million kinds apart.
_ID_SHOWN = 12
# What a person reads on a terminal; the file of --out has all.
_MOST_SHOWN = 4096
_MOST_LISTED = 1_000_000
_A_LINE = 16


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "quarantine",
        help="what the centre could not read: list it, show one, read it again",
        description="A message that is damaged, too large or of a version that this program does not speak is never "
        "dropped: its bytes are kept here. After an upgrade, `retry` reads them again.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="one line a kind: the same bytes on the same topic are one kind")
    listing.add_argument("--limit", type=_limit, default=50, metavar="N", help="at most N, the latest first (50)")
    listing.add_argument("--json", action="store_true", help="one JSON object a line, with the whole id")
    show = actions.add_parser("show", help="one kind with its bytes, as text or hexadecimal")
    show.add_argument("id", metavar="ID", help="as `list` shows it; its first digits are enough")
    show.add_argument("--hex", action="store_true", help="hexadecimal, also where the bytes are text")
    show.add_argument("--out", type=Path, metavar="FILE", help="write all bytes, untouched, into this new file")
    retry = actions.add_parser(
        "retry",
        help="read everything again and store what can be read now",
        description="Reads everything in quarantine again and stores what can be read now, under the instant at which "
        "it first came. It may run while `firewatch serve` does, and be repeated: nothing is stored twice. A sighting "
        "that is read now joins or opens an incident as a late one does, and people are told of it.",
    )
    retry.add_argument("--json", action="store_true", help='{"stored": N, "staying": M}')
    add_config_option(parser, listing, show, retry)


def _limit(text: str) -> int:
    try:
        limit = int(text)
    except ValueError:
        limit = 0
    if not 1 <= limit <= _MOST_LISTED:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed is a whole number from 1 to {_MOST_LISTED}")
    return limit


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from zoneinfo import ZoneInfo

    from firewatch.config import read_config

    config = read_config(args.config)
    zone = ZoneInfo(config.centre.time_zone)
    with existing_store(config, args.config) as store:
        if args.action == "list":
            _list(store, args, zone)
        elif args.action == "show":
            _show(_one(store, args.id), args, zone)
        else:
            _retry(store, as_json=args.json)
    return 0


def _list(store: Store, args: argparse.Namespace, zone: ZoneInfo) -> None:
    total, kinds = store.quarantine_book.quarantined(args.limit + 1)
    shown = kinds[: args.limit]
    if args.json:
        for kind in shown:
            print(json.dumps(_facts(kind), ensure_ascii=False))
    elif not shown:
        print("the quarantine is empty")
    else:
        print(f"{'ID':<{_ID_SHOWN}}  {'LAST CAME':<25}  {'TIMES':>6}  {'BYTES':>9}  TOPIC: REASON")
        for kind in shown:
            print(_line(kind, zone))
    if len(kinds) > len(shown):
        print(f"only the latest {args.limit} kinds are shown, of {total} messages; see --limit", file=sys.stderr)


def _line(kind: QuarantinedView, zone: ZoneInfo) -> str:
    place = f"{kind.digest[:_ID_SHOWN]}  {_stamp(kind.last_at, zone):<25}"
    return f"{place}  {kind.count:>6}  {len(kind.payload):>9}  {_printable(kind.topic)}: {_printable(kind.reason)}"


def _facts(kind: QuarantinedView) -> dict[str, object]:
    return {
        "id": kind.digest,
        "topic": kind.topic,
        "reason": kind.reason,
        "count": kind.count,
        "first_at": kind.first_at.isoformat(),
        "last_at": kind.last_at.isoformat(),
        "size_bytes": len(kind.payload),
    }


def _one(store: Store, start: str) -> QuarantinedView:
    found = store.quarantine_book.found(start.lower(), 2)
    if not found:
        raise InvalidValue("id", start, "one that `firewatch quarantine list` shows, or its first digits")
    if len(found) > 1:
        raise InvalidValue("id", start, "one with more digits: several kinds start so")
    return found[0]


def _show(kind: QuarantinedView, args: argparse.Namespace, zone: ZoneInfo) -> None:
    if args.out is not None:
        _write(args.out, kind.payload)
        print(f"{len(kind.payload)} bytes written to {args.out}")
        return
    print(f"id      {kind.digest}")
    print(f"topic   {_printable(kind.topic)}")
    print(f"reason  {_printable(kind.reason)}")
    print(f"came    {kind.count} times, first {_stamp(kind.first_at, zone)}, last {_stamp(kind.last_at, zone)}")
    print(f"bytes   {len(kind.payload)}\n")
    text = None if args.hex else _text(kind.payload)
    if text is None:
        _print_hex(kind.payload[:_MOST_SHOWN])
    else:
        print(text[:_MOST_SHOWN])
    if len(kind.payload if text is None else text) > _MOST_SHOWN:
        print(f"only the first {_MOST_SHOWN} are shown; --out FILE writes all", file=sys.stderr)


def _write(path: Path, payload: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(payload)
    except OSError as err:
        raise InvalidValue("--out", str(path), f"a new file that can be written ({err.strerror})") from err


def _text(payload: bytes) -> str | None:
    """Return bytes as text, or None where they are none or could steer a terminal."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if _printable(text, also="\n\t\r") == text else None


def _printable(text: str, also: str = "") -> str:
    # Whoever can publish chooses these words: no escape sequence of theirs may reach the terminal.
    return "".join(c if c.isprintable() or c in also else c.encode("unicode_escape").decode("ascii") for c in text)


def _print_hex(payload: bytes) -> None:
    for start in range(0, len(payload), _A_LINE):
        part = payload[start : start + _A_LINE]
        plain = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)  # noqa: PLR2004 - printable ASCII
        print(f"{start:06x}  {part.hex(' '):<{3 * _A_LINE - 1}}  {plain}")


def _stamp(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _retry(store: Store, *, as_json: bool) -> None:
    from firewatch.logs import start_logging
    from firewatch.services.intake import Intake

    # The warning about each message that stays is the service's; here the sum is told.
    start_logging("text", "ERROR")
    retried = Intake(store.intake_writer, store.evidence_files, store.quarantine_book).retry_quarantine()
    if as_json:
        print(json.dumps({"stored": retried.stored, "staying": retried.staying}))
    else:
        print(f"{retried.stored} read and stored now, {retried.staying} stay in quarantine")
