"""`firewatch labels`: what people decided, as frames that a detector can learn from."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from firewatch.cli.centre_store import existing_store
from firewatch.cli.config_option import add_config_option
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.adapters.store import Store
    from firewatch.config import CentralConfig
    from firewatch.services.label_export import LabelExport
    from firewatch.services.labelling import LabelCounts, People
    from firewatch.texts import Catalogue

__all__ = ["add_parser", "run"]

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "labels",
        help="export frames with people's verdicts, to train the detector further",
        description="What was confirmed is smoke; fog, cloud, dust and glare are none; other dismissals are left "
        "undecided for training, because smoke was there or nobody knows. Names of people stay at the centre.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write a folder of the form firewatch-labels/1, whole or not at all")
    target = export.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", type=Path, metavar="FOLDER", help="a new or empty folder")
    target.add_argument("--dry-run", action="store_true", help="only count what would be exported")
    export.add_argument("--since", type=_day, metavar="DAY", help="first seen on this day or later, as 2026-03-01")
    export.add_argument("--until", type=_day, metavar="DAY", help="first seen on this day or earlier")
    export.add_argument("--undecided", action="store_true", help="export what nobody decided on, too, as `ignore`")
    add_config_option(parser, export)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed is a day as 2026-03-01") from None


def run(args: argparse.Namespace) -> int:
    """Export, or count."""
    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.label_folder import require_free_folder, writing_labels
    from firewatch.config import read_config
    from firewatch.services.labelling import LabelCounts
    from firewatch.texts import Language, catalogue

    config = read_config(args.config)
    now = SystemClock().now()
    since, until = _period(args, ZoneInfo(config.centre.time_zone), now)
    if args.out is not None:
        require_free_folder(args.out)
    counts, texts = LabelCounts(), catalogue(Language(config.centre.language))
    with existing_store(config, args.config) as store:
        frames = _export(config, store).frames(since, until, counts, with_undecided=args.undecided)
        first = next(frames, None)
        if args.out is None:
            for _ in frames:
                pass
        elif first is not None:
            with writing_labels(args.out, now.replace(microsecond=0)) as writer:
                writer.add(first)
                for frame in frames:
                    writer.add(frame)
    print(_table(counts, texts))
    if args.out is not None and first is None:
        print(f"firewatch labels: {texts.text('labels.nothing')}", file=sys.stderr)
        return 1
    return 0


def _period(args: argparse.Namespace, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the instants of the bureau's days; the last day is whole."""
    if args.since and args.until and args.until < args.since:
        raise InvalidValue("--until", str(args.until), f"the day of --since ({args.since}) or a later one")
    since = datetime.combine(args.since, time(), zone).astimezone(UTC) if args.since else _EARLIEST
    day_after = args.until + timedelta(days=1) if args.until else None
    # A node's clock may be ahead of ours.
    until = datetime.combine(day_after, time(), zone).astimezone(UTC) if day_after else now + timedelta(days=1)
    return since, until


def _export(config: CentralConfig, store: Store) -> LabelExport:
    from firewatch.adapters.label_folder import jpeg_size
    from firewatch.adapters.roster_toml import FileRoster
    from firewatch.services.label_export import LabelExport

    roster = Path(config.centre.roster)
    # Whoever decided may have an account or stand in the roster; a roster that is gone costs the role alone.
    people: list[People] = [store.accounts]
    if roster.exists():
        people.append(FileRoster(roster))
    return LabelExport(
        sightings=store.sighting_book,
        log=store.incident_log,
        timeline=store.incident_log,
        records=store.evidence_index,
        files=store.evidence_files,
        people=people,
        size_of=jpeg_size,
    )


def _table(counts: LabelCounts, texts: Catalogue) -> str:
    from firewatch.services.labelling import ImageLabel

    lines = [
        texts.text(
            f"labels.line.{label.value}",
            frames=counts.frames[label],
            sequences=len(counts.sequences[label]),
            cameras=len(counts.cameras[label]),
        )
        for label in ImageLabel
    ]
    lines += [
        texts.text(f"labels.left_out.{reason.value}", count=count)
        for reason, count in sorted(counts.left_out.items())
        if count
    ]
    return "\n".join(lines)
