"""`firewatch demo`: one fire, from a real frame to a phone."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from firewatch.demo.options import NODES_NEED_S, bounded, ignition_s, require_places, settle
from firewatch.errors import ConfigError
from firewatch.logs import start_logging

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from firewatch.demo.pictures import FramesFromFolder
    from firewatch.demo.run import DemoPlan, Running

__all__ = ["add_parser", "run"]

_LOOK_S = 0.5
_MOST_MINUTES = 1440.0
_MOST_SEED = 2**32 - 1
_MOST_PORT = 65_535
# The last frame stays so long in scene time, and in time, that every node has fetched it.
_LAST_FRAME_S = 15.0
_LAST_FETCH_S = 3.0


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
    _add_scene_options(parser)
    _add_network_options(parser)
    parser.set_defaults(usage_error=parser.error)


def _add_scene_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="run without a person, then write the report")
    parser.add_argument(
        "--minutes",
        type=bounded(float, 0.01, _MOST_MINUTES),
        metavar="M",
        help="scene time to run with --headless (default 4; with --frames, to their end)",
    )
    parser.add_argument(
        "--speed",
        type=bounded(float, 0.1, 60.0),
        default=1.0,
        metavar="X",
        help="scene seconds a second, 0.1 to 60 (default 1)",
    )
    parser.add_argument(
        "--seed",
        type=bounded(int, 0, _MOST_SEED),
        default=1,
        metavar="N",
        help="which world (default 1); with --frames it still makes tower and weather",
    )
    parser.add_argument("--fire", choices=("one", "none"), help="whether a fire starts (default one)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE.json", help="with --headless: where the report goes (default: stdout)"
    )
    parser.add_argument(
        "--frames", type=Path, metavar="FOLDER", help="play these real frames, of one tower, in place of rendered ones"
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="another detector (default: the shipped one)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logs, store and pictures in this new folder")


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    port = bounded(int, 0, _MOST_PORT)
    parser.add_argument(
        "--port", type=port, metavar="P", help="of the pages (default 8080, with --headless a free one; 0: a free one)"
    )
    parser.add_argument(
        "--broker", choices=("auto", "mosquitto", "amqtt"), default="auto", help="which embedded broker"
    )
    parser.add_argument("--broker-port", type=port, default=0, metavar="P", help="of the broker (default: a free one)")
    parser.add_argument(
        "--node-broker-port", type=port, default=0, metavar="P", help="nodes send here: a proxy before the broker"
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo."""
    if wrong := settle(args):
        args.usage_error(wrong)
    require_places(args)
    try:
        frames = _frames(args)
        start_logging("text", "WARNING")
        with contextlib.ExitStack() as stack:
            return _run(args, _plan(args, _folder(args.keep, stack), frames))
    except KeyboardInterrupt:
        _own_exit_status()
        _say("the demo has ended" + (" before its time: no report" if args.headless else ""))
        return 1 if args.headless else 0


def _own_exit_status() -> None:
    """Let the exit status be ours after an interrupt that was taken.

    One that falls into code made from a string, as `dataclass` makes it during imports, is remembered by CPython 3.11:
    `python -m` would then end by SIGINT in place of its status. The next such code that ends well clears that.
    """
    exec("")  # noqa: S102 - nothing is run


def _folder(keep: Path | None, stack: contextlib.ExitStack) -> Path:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        return keep.resolve()
    folder = Path(tempfile.mkdtemp(prefix="firewatch-demo-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _frames(args: argparse.Namespace) -> FramesFromFolder | None:
    if args.frames is None:
        return None
    from firewatch.demo.pictures import FramesFromFolder

    return FramesFromFolder(args.frames, lead_s=NODES_NEED_S * args.speed)


def _plan(args: argparse.Namespace, folder: Path, frames: FramesFromFolder | None) -> DemoPlan:
    from firewatch.demo.run import DemoPlan

    return DemoPlan(
        folder=folder,
        seed=args.seed,
        speed=args.speed,
        ignites_at_s=ignition_s(args) if frames is None else _burns_from(frames, _lasts_s(args, frames)),
        model="" if args.model is None else str(args.model.resolve()),
        frames=frames,
        web_port=args.port,
        broker_port=args.broker_port,
        node_broker_port=args.node_broker_port,
        broker_kind=args.broker,
    )


def _lasts_s(args: argparse.Namespace, frames: FramesFromFolder | None) -> float:
    asked_s: float = math.inf if args.minutes is None else args.minutes * 60.0
    if frames is None:
        return asked_s
    last_s: float = max(_LAST_FRAME_S, _LAST_FETCH_S * args.speed)
    return min(asked_s, frames.lasts_s + last_s)


def _burns_from(frames: FramesFromFolder, lasts_s: float) -> float | None:
    """Return the scene second of the frames' ignition; None where none of it is played."""
    starts_s = frames.ignition_s
    return starts_s if starts_s is not None and starts_s < lasts_s else None


def _run(args: argparse.Namespace, plan: DemoPlan) -> int:
    import cv2

    from firewatch.demo.run import start_demo

    _on_interrupt(_interrupt)
    # Three renderings at once on two cores: threads inside each would only be in each other's way.
    cv2.setNumThreads(1)
    with start_demo(plan, _say) as running:
        try:
            if not args.headless:
                _show(running, plan)
            _play(running, _lasts_s(args, plan.frames))
            ended_at = running.end_scene()
            return _report(args, plan, running, ended_at)
        finally:
            _on_interrupt(signal.SIG_IGN)


def _on_interrupt(handler: Callable[..., None] | signal.Handlers) -> None:
    """Set what Ctrl-C, a service manager's stop and the end of the terminal do; after nohup the last does nothing."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    # Once: a second one would leave programs running that are just being ended.
    _on_interrupt(signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    # The terminal may be gone while the programs still must be ended.
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _show(running: Running, plan: DemoPlan) -> NoReturn:
    """Print the phones' links until Ctrl-C; raise if a program ends by itself."""
    if plan.frames is not None:
        _say("The camera shows your frames. The phones' links are printed here. Ctrl-C ends the demo.")
    elif plan.ignites_at_s is None:
        _say("The cameras run; no fire will start. Ctrl-C ends the demo.")
    else:
        wait_s = round(plan.ignites_at_s / plan.speed)
        _say(f"The cameras run. In {wait_s} s a fire starts. The phones' links are printed here. Ctrl-C ends the demo.")
    links: set[str] = set()
    while True:
        running.require_alive()
        _print_links(plan.folder / "phones.jsonl", links)
        time.sleep(_LOOK_S)


def _print_links(log: Path, links: set[str]) -> None:
    from firewatch.demo.report import read_lines

    for alert in read_lines(log):
        link = str(alert.get("link"))
        if link not in links:
            links.add(link)
            print(f"  phone of {alert['person']}: {alert.get('subject')}\n    {link}", flush=True)


def _play(running: Running, lasts_s: float) -> None:
    """Wait for the end of the scene, with a line of progress where a person looks on."""
    shows, speed = sys.stderr.isatty(), running.clock.speed
    ends_at = time.monotonic() + (lasts_s - running.clock.scene_s(datetime.now(UTC))) / speed
    try:
        while (left_s := ends_at - time.monotonic()) > 0.0:
            running.require_alive()
            if shows:
                _show_progress(lasts_s - left_s * speed, lasts_s)
            time.sleep(min(_LOOK_S, left_s))
    finally:
        if shows:
            _say("")


def _show_progress(done_s: float, of_s: float) -> None:
    bar = "#" * round(30 * min(1.0, done_s / of_s))
    print(f"\r  [{bar:<30}] {done_s:5.0f} of {of_s:.0f} s of scene time", end="", file=sys.stderr, flush=True)


def _report(args: argparse.Namespace, plan: DemoPlan, running: Running, ended_at: datetime) -> int:
    from firewatch.adapters.store import open_store
    from firewatch.demo.report import make_report, verdict
    from firewatch.demo.run import course_of, store_url

    course = course_of(plan, running, ended_at, _asked(args))
    store = open_store(store_url(plan.folder), plan.folder / "evidence")
    try:
        report = make_report(course, running.world, store)
    finally:
        store.close()
    wrong = verdict(report, expects_fire=course.ignited_at_s is not None)
    report |= {"broker": running.broker.kind, "wrong": wrong}
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if args.report is None:
        print(text)
    else:
        _write_whole(args.report, text + "\n")
    for line in wrong:
        _say(f"firewatch demo: {line}")
    return 1 if wrong else 0


def _asked(args: argparse.Namespace) -> dict[str, object]:
    told = {key: value for key, value in vars(args).items() if key not in {"command", "usage_error"}}
    return {key: str(value) if isinstance(value, Path) else value for key, value in told.items()}


def _write_whole(path: Path, text: str) -> None:
    """Write a file that is never there by half."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as err:
        raise ConfigError("demo", "--report", f"{path} could not be written: {err.strerror}") from err
    finally:
        temporary.unlink(missing_ok=True)
