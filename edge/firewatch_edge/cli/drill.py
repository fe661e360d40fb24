"""The command that holds a drill: a painted smoke in one camera's pictures, until a stated time."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.domain.ids import CameraId, PoseId
from firewatch.errors import ConfigError, StoreError
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.config import load_settings
from firewatch_edge.node.drill_file import MOST_MINUTES, Aim
from firewatch_edge.node.drill_orders import DrillOrders

if TYPE_CHECKING:
    from firewatch_edge.node.drill_file import Drill

__all__ = ["add_options", "drill"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options; ``--config`` is the caller's."""
    parser.add_argument("--camera", default="", metavar="ID", help="begin one at this camera; without it: show")
    parser.add_argument("--pose", default="", metavar="ID", help="of a camera that turns (default: its first)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=10.0,
        metavar="M",
        help=f"until it ends by itself, at most {MOST_MINUTES:g} (default 10)",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--azimuth", type=float, metavar="DEG", help="where it rises (default: middle of the picture)")
    place.add_argument(
        "--at", type=_place, metavar="X,Y", help="the same in the picture: shares of width and height, as 0.4,0.55"
    )
    parser.add_argument(
        "--distance-m",
        type=float,
        default=4000.0,
        metavar="M",
        help="how far away, which says how large (default 4000)",
    )
    parser.add_argument("--end", action="store_true", help="end it now")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def drill(arguments: argparse.Namespace) -> int:
    """Begin, end or show the drill of a node."""
    orders, now = DrillOrders(load_settings(arguments.config)), datetime.now(UTC)
    if arguments.end and arguments.camera:
        raise ConfigError("drill", "--end", "it takes no --camera: a node holds one drill at a time")
    try:
        if arguments.end:
            ended = orders.end(now)
            _tell(ended, "ended" if ended else "there was none", as_json=arguments.json)
        elif arguments.camera:
            aim = Aim(arguments.azimuth, arguments.distance_m, arguments.at)
            pose = PoseId(arguments.pose) if arguments.pose else None
            begun = orders.begin(CameraId(arguments.camera), pose, arguments.minutes, aim, now)
            words = "all that comes of it is marked 演练 EXERCISE; end it with --end"
            _tell(begun, words, as_json=arguments.json)
        else:
            present = orders.present(now)
            _tell(present, "goes on" if present else "no drill", as_json=arguments.json)
    except OSError as err:
        raise StoreError(f"the drill: {err.strerror}; the folder of the outbox is written as the node's user") from err
    return 0


def _tell(drill: Drill | None, words: str, *, as_json: bool) -> None:
    if as_json:
        facts = (
            None
            if drill is None
            else {
                "drill_id": drill.drill_id,
                "camera": drill.camera_id,
                "pose": drill.pose_id,
                "until": drill.until.isoformat(),
            }
        )
        say_json({"drill": facts})
    elif drill is None:
        say(words)
    else:
        until = drill.until.astimezone().isoformat(sep=" ", timespec="minutes")
        say(f"exercise at {drill.camera_id}, pose {drill.pose_id}, until {until}: {words}")


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text} is no X,Y") from err
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise argparse.ArgumentTypeError(f"{text} is not within 0,0 and 1,1")
    return x, y
