"""`firewatch demo`: one fire, from a real frame to a phone."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.logs import start_logging

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.demo.run import DemoPlan, Running

__all__ = ["add_parser", "run"]

_IGNITES_AT_S = 60.0
# Nodes need some seconds to start: the fire waits for them, at any speed.
_NODES_NEED_S = 10.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "demo",
        help="one fire, from three simulated towers to your browser",
        description="Runs all of firewatch on this machine: a broker, the central service, three tower nodes with the "
        "real detector, and around them a simulated forest (terrain, towns and weather are invented, 示意). After a "
        "minute a fire starts; watch the page find it. Ctrl-C ends everything.",
        epilog="With --headless it runs for --minutes of scene time and exits 1 if the fire was missed, a message was "
        "lost or an alarm was false. The report says what happened when.",
    )
    parser.add_argument("--headless", action="store_true", help="run without a person, then write the report")
    parser.add_argument("--minutes", type=float, default=4.0, metavar="M", help="scene time to run (default 4)")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="scene seconds a second (default 1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which world (default 1)")
    parser.add_argument("--fire", choices=("one", "none"), default="one", help="whether a fire starts (default one)")
    parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the report there")
    parser.add_argument(
        "--frames", type=Path, metavar="FOLDER", help="play these real frames in place of rendered ones"
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="another detector (default: the shipped one)")
    parser.add_argument(
        "--port", type=int, default=8080, metavar="P", help="of the pages (default 8080; 0: a free one)"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logs, store and pictures there")
    parser.add_argument(
        "--broker", choices=("auto", "mosquitto", "amqtt"), default="auto", help="which embedded broker"
    )
    parser.add_argument("--broker-port", type=int, default=0, metavar="P", help="of the broker (default: a free one)")
    parser.add_argument(
        "--node-broker-port", type=int, default=0, metavar="P", help="nodes send here: a proxy before the broker"
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo."""
    start_logging("text", "WARNING")
    with contextlib.ExitStack() as stack:
        plan = _plan(args, _folder(args.keep, stack))
        try:
            return _run(args, plan)
        except KeyboardInterrupt:
            _say("ended before its time: no report")
            return 1


def _folder(keep: Path | None, stack: contextlib.ExitStack) -> Path:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        return keep.resolve()
    folder = Path(tempfile.mkdtemp(prefix="firewatch-demo-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _plan(args: argparse.Namespace, folder: Path) -> DemoPlan:
    from firewatch.demo.pictures import FramesFromFolder
    from firewatch.demo.run import DemoPlan

    ignites_at_s = max(_IGNITES_AT_S, _NODES_NEED_S * args.speed) if args.fire == "one" else None
    return DemoPlan(
        folder=folder,
        seed=args.seed,
        speed=args.speed,
        ignites_at_s=ignites_at_s,
        model="" if args.model is None else str(args.model.resolve()),
        frames=None if args.frames is None else FramesFromFolder(args.frames),
        web_port=0 if args.headless else args.port,
        broker_port=args.broker_port,
        node_broker_port=args.node_broker_port,
        broker_kind=args.broker,
    )


def _run(args: argparse.Namespace, plan: DemoPlan) -> int:
    import cv2

    from firewatch.demo.run import start_demo

    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _interrupt)
    # Three renderings at once on two cores: threads inside each would only be in each other's way.
    cv2.setNumThreads(1)
    with start_demo(plan, _say) as running:
        if not args.headless:
            _show(running, plan)
            return 0
        _play(args, plan, running)
        ended_at = running.stop_nodes(plan.folder)
        return _report(args, plan, running, ended_at)


def _interrupt(*_: object) -> None:
    # Once: a second one would leave programs running that are just being ended.
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(running: Running, plan: DemoPlan) -> None:
    if plan.ignites_at_s is not None and plan.frames is None:
        wait_s = round(plan.ignites_at_s / plan.speed)
        _say(f"The cameras run. In {wait_s} s a fire starts. The phones' links are printed here. Ctrl-C ends the demo.")
    links: set[str] = set()
    with contextlib.suppress(KeyboardInterrupt):
        while not running.dead_children():
            _print_links(plan.folder / "phones.jsonl", links)
            time.sleep(0.5)
        _say(f"ended by itself: {', '.join(running.dead_children())}; see the logs with --keep DIR")


def _print_links(log: Path, links: set[str]) -> None:
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        alert = json.loads(line)
        if alert["link"] not in links:
            links.add(alert["link"])
            print(f"  phone of {alert['person']}: {alert['subject']}\n    {alert['link']}", flush=True)


def _play(args: argparse.Namespace, plan: DemoPlan, running: Running) -> None:
    """Wait for the end of the scene, with a line of progress where a person looks on."""
    from firewatch.demo.run import DemoError

    lasts_s = args.minutes * 60.0
    if plan.frames is not None:
        lasts_s = min(lasts_s, plan.frames.lasts_s) if args.minutes else plan.frames.lasts_s
    ends_at = time.monotonic() + lasts_s / plan.speed
    show = _progress() if sys.stderr.isatty() else None
    while (left_s := ends_at - time.monotonic()) > 0.0:
        if dead := running.dead_children():
            raise DemoError(f"ended by itself: {', '.join(dead)}; run again with --keep DIR and read its log there")
        if show is not None:
            show(lasts_s - left_s * plan.speed, lasts_s)
        time.sleep(min(0.5, left_s))


def _progress() -> Callable[[float, float], None]:
    def show(done_s: float, of_s: float) -> None:
        width = round(30 * min(1.0, done_s / of_s))
        print(
            f"\r  [{'#' * width:<30}] {done_s:5.0f} of {of_s:.0f} s of scene time", end="", file=sys.stderr, flush=True
        )

    return show


def _report(args: argparse.Namespace, plan: DemoPlan, running: Running, ended_at: datetime) -> int:
    from firewatch.adapters.store import open_store
    from firewatch.demo.report import make_report, verdict
    from firewatch.demo.run import course_of, store_url

    asked = {
        key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items() if key != "command"
    }
    course = course_of(plan, running, ended_at, asked)
    store = open_store(store_url(plan.folder), plan.folder / "evidence")
    try:
        report = make_report(course, None if plan.frames is not None else running.world, store)
    finally:
        store.close()
    wrong = verdict(report, expects_fire=course.ignited_at_s is not None)
    report |= {"broker": running.broker_kind, "wrong": wrong}
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if args.report is None:
        print(text)
    else:
        temporary = args.report.with_suffix(args.report.suffix + ".part")
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(args.report)
    for line in wrong:
        _say(f"firewatch demo: {line}")
    return 1 if wrong else 0
