"""Reads the command line and calls one command."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import FirewatchError
from firewatch_edge.cli.say import complain
from firewatch_edge.cli.secrets_file import take_secrets
from firewatch_edge.cli.words import LANGUAGES
from firewatch_edge.detect.shipped import shipped_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

_ABOUT = """\
The firewatch node of a watchtower: looks for smoke in the frames of its cameras and tells the centre.

A first try without a camera:
  firewatch-edge detect picture.jpg            is there smoke in it?
  firewatch-edge replay folder/                when would it have been confirmed?
On a tower:
  firewatch-edge init                          asks, tries the cameras, enrols the tower, writes edge.toml
  firewatch-edge check-config --config edge.toml
  firewatch-edge doctor --config edge.toml     each part ok, or what to do
  firewatch-edge once --config edge.toml       one frame of every camera through the detector
  firewatch-edge run --config edge.toml        the service
  firewatch-edge model list --config edge.toml  which models are here; install, roll-back
For a camera that turns:
  firewatch-edge onvif discover                which are on this network?
  firewatch-edge onvif presets --url ...       where does it stand, which presets has it?
"""
_EXIT_CODES = "exit codes: 0 done, 1 refused (the reason is on the error stream), 2 wrong usage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of the process's own.

    Returns
    -------
    int
        0 done, 1 refused input. Wrong usage leaves by ``SystemExit(2)``.
    """
    # Only `run` writes a log; of the others a person wants the answer, not the events on the way to it.
    logging.getLogger().addHandler(logging.NullHandler())
    parsed = _parser().parse_args(arguments)
    try:
        _take_secrets(parsed)
        code: int = parsed.command(parsed)
    except FirewatchError as err:
        complain(str(err))
        return 1
    except BrokenPipeError:
        # The reader has gone (as `| head` does): the rest is not wanted, and the exit must not complain of it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _take_secrets(parsed: argparse.Namespace) -> None:
    if getattr(parsed, "config", None) is None:
        return
    try:
        take_secrets(parsed.config)
    except FirewatchError as err:
        # A tower must watch with the cameras whose passwords are known: a bad line is told, and stops nothing.
        complain(str(err))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="firewatch-edge",
        description=_ABOUT,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"firewatch-edge {version('firewatch-edge')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_frame_commands(commands)
    _add_tower_commands(commands)
    _add_onvif_commands(commands)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    what: str,
    command: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=_EXIT_CODES)
    added.set_defaults(command=command)
    return added


def _add_frame_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from firewatch_edge.cli import frames, speed

    detect = _add(commands, "detect", "look for smoke in single pictures", frames.detect)
    detect.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="a JPEG, PNG, ...")
    replay = _add(
        commands, "replay", "run detector, verifier and confirmation over a folder of frames of one view", frames.replay
    )
    replay.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        help="names that end in signed numbers (+00060.jpg) are seconds from ignition; else frames are taken by name",
    )
    replay.add_argument(
        "--interval-s",
        type=_positive,
        default=60.0,
        metavar="S",
        help="seconds between frames whose names carry no time (default 60)",
    )
    replay.add_argument("--no-temporal", action="store_true", help="by each frame alone, without the view's past")
    replay.add_argument("--no-tiles", action="store_true", help="each frame as a whole only, however large it is")
    replay.add_argument(
        "--hfov-deg",
        type=_angle,
        default=60.0,
        metavar="DEG",
        help="the camera's horizontal field of view, by which frames are cut into tiles (default 60)",
    )
    replay.add_argument(
        "--horizon", type=_share, metavar="SHARE", help="the horizon's row as a share of the height (default: found)"
    )
    replay.add_argument("--explain", action="store_true", help="also what was compared with the past, frame by frame")
    bench = _add(commands, "bench", "measure detector and verifier on this machine", speed.bench)
    bench.add_argument("--frames", type=_count, default=50, metavar="N", help="how many frames (default 50)")
    for parser in (detect, replay, bench):
        _add_model(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_tower_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from firewatch_edge.cli import doctor as examination
    from firewatch_edge.cli import init as setting_up
    from firewatch_edge.cli import overlay as writing
    from firewatch_edge.cli import tower

    what = "set this tower up: its place, its cameras, the centre's code; or renew its certificate"
    setting_up.add_options(_add(commands, "init", what, setting_up.init))

    run = _add(commands, "run", "run the service until it is told to stop", tower.run)
    run.add_argument("--log-level", choices=("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO", help="default INFO")
    run.add_argument("--child", action="store_true", help="(of a parent) end when standard input closes")
    once = _add(commands, "once", "look at one frame of every camera", tower.once)
    check = _add(commands, "check-config", "check the settings and print what is in effect", tower.check_config)
    doctor = _add(commands, "doctor", "look at every part: ok, or what to do", examination.doctor)
    overlay = _add(commands, "overlay", "propose masks over what a camera writes into its own picture", writing.overlay)
    overlay.add_argument(
        "source", metavar="FOLDER|CAMERA", help="frames of one view, or a camera's name in the settings"
    )
    overlay.add_argument("--config", metavar="FILE", type=Path, help="the settings, for a camera")
    overlay.add_argument(
        "--every-s", type=_positive, default=5.0, metavar="S", help="between frames of a camera (default 5)"
    )
    overlay.add_argument(
        "--picture",
        metavar="FILE",
        type=Path,
        default=Path("overlay.png"),
        help="what to look at (default overlay.png)",
    )
    overlay.add_argument("--json", action="store_true", help="one JSON object")
    for parser in (run, once, check, doctor, *_add_upkeep_commands(commands), *_add_model_commands(commands)):
        parser.add_argument(
            "--config", metavar="FILE", type=Path, required=True, help="the settings, see configs/edge.toml"
        )
    for parser in (once, doctor):
        parser.add_argument("--json", action="store_true", help="one JSON object a line")
    doctor.add_argument("--language", choices=LANGUAGES, help="of what is said (default: the terminal's)")


def _add_onvif_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from firewatch_edge.cli import onvif

    group = commands.add_parser("onvif", help="cameras that turn: find them, list their presets", epilog=_EXIT_CODES)
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    find = _add(verbs, "discover", "ask the network for ONVIF cameras", onvif.find)
    find.add_argument(
        "--timeout-s", type=_positive, default=4.0, metavar="S", help="how long to wait for answers (default 4)"
    )
    find.add_argument("--interface", default="", metavar="IP", help="address of the network interface to ask on")
    presets = _add(verbs, "presets", "print where a camera stands and its presets, as settings to copy", onvif.presets)
    presets.add_argument("--url", default="", help="the device, as http://192.168.1.64")
    presets.add_argument("--username", default="", help="of the camera; the password is asked for")
    presets.add_argument("--password-env", default="", metavar="NAME", help="the variable that holds the password")
    presets.add_argument("--profile", default="", metavar="TOKEN", help="media profile (default: the first that turns)")
    presets.add_argument("--config", metavar="FILE", type=Path, help="in place of --url: a camera of these settings")
    presets.add_argument("--camera", default="", metavar="ID", help="which (default: the first that turns)")
    for parser in (find, presets):
        parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_upkeep_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> list[argparse.ArgumentParser]:
    from firewatch_edge.cli import drill, upkeep

    exercise = _add(
        commands, "drill", "paint a smoke into a camera's pictures, so that the whole chain is exercised", drill.drill
    )
    drill.add_options(exercise)
    work = _add(commands, "maintenance", "hold new sightings back while somebody works at a camera", upkeep.maintenance)
    work.add_argument("action", choices=("start", "end", "status"), help="status also lists what was held back")
    work.add_argument(
        "--minutes", type=_positive, default=60.0, metavar="M", help="until it ends by itself (default 60)"
    )
    work.add_argument("--reason", default="", metavar="TEXT", help="what is done, for the duty officer")
    work.add_argument("--json", action="store_true", help="status as one JSON object")
    reference = _add(commands, "reference", "show the reference picture of each view", upkeep.reference)
    reference.add_argument("--renew", action="store_true", help="put it aside: the running node learns a new one")
    for parser in (work, reference):
        parser.add_argument("--camera", default="", metavar="ID", help="one camera (default: all)")
    return [work, reference, exercise]


def _add_model_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> list[argparse.ArgumentParser]:
    from firewatch_edge.cli import model

    group = commands.add_parser(
        "model", help="models newer than the shipped one: install, roll back", epilog=_EXIT_CODES
    )
    verbs = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shown = _add(verbs, "list", "show what is installed, what runs, and what was taken back", model.list_models)
    install = _add(verbs, "install", "prove a package, try it here and switch to it", model.install)
    install.add_argument("package", metavar="FILE.fwmodel", nargs="?", type=Path, help="a package")
    install.add_argument("--offered", action="store_true", help="in place of a file: the newest that the centre offers")
    install.add_argument("--again", action="store_true", help="also one that was taken back here before")
    back = _add(verbs, "roll-back", "go back to the model before the present one", model.roll_back)
    back.add_argument("--to-shipped", action="store_true", help="to the one that came with the program")
    back.add_argument("--reason", default="", metavar="TEXT", help="why, for the duty officer")
    test = _add(verbs, "test", "run the self-test on a model's folder; nothing is switched", model.test)
    test.add_argument("folder", metavar="DIR", type=Path, help="with model.toml and the networks")
    for parser in (shown, test):
        parser.add_argument("--json", action="store_true", help="one JSON object")
    return [shown, install, back, test]


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="DIR",
        type=Path,
        default=shipped_model(),
        help="folder with model.toml and the network (default: the shipped model)",
    )
    parser.add_argument(
        "--threads",
        type=_not_negative,
        default=0,
        metavar="N",
        help="threads of the networks (default 0: all cores but one)",
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "float", "int8"),
        default="auto",
        help="which of the model's detectors (default auto: the one the model prefers)",
    )


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _angle(text: str) -> float:
    value = float(text)
    if not 1.0 <= value <= 150.0:  # noqa: PLR2004 - as the settings allow
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 150")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value
