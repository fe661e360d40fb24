"""Commands for turning cameras: find them, and list what they remember as settings."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from firewatch.errors import ConfigError
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.config import load_settings
from firewatch_edge.mount import OnvifAddress, OnvifMount, discover
from firewatch_edge.node import mount_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from firewatch_edge.mount import OnvifFacts
    from firewatch_edge.patrol import MountPosition, MountStatus, Preset

__all__ = ["find", "presets"]


def find(arguments: argparse.Namespace) -> int:
    """Ask the network for ONVIF devices; return 1 where none answers."""
    found = discover(arguments.timeout_s, arguments.interface)
    for device in found:
        if arguments.json:
            say_json(asdict(device))
        else:
            turns = "turns" if device.turns else "fixed, or does not say"
            say(f"{device.address:48} {device.name or '-':20} {device.hardware or '-':16} {turns}")
    if not found and not arguments.json:
        say("no ONVIF device answered: is it on this network, is ONVIF switched on at its own page? try --interface IP")
    return 0 if found else 1


def presets(arguments: argparse.Namespace) -> int:
    """Say where a device stands and what it remembers, as settings to copy."""
    mount = _mount(arguments)
    try:
        facts, status, found = mount.facts(), mount.status(), mount.presets()
    finally:
        mount.close()
    if arguments.json:
        say_json({"device": asdict(facts), "status": asdict(status), "presets": [asdict(preset) for preset in found]})
        return 0
    for line in _as_settings(arguments, facts, status, found):
        say(line)
    return 0


def _mount(arguments: argparse.Namespace) -> OnvifMount:
    if arguments.config is None:
        if not arguments.url:
            raise ConfigError("command line", "--url", "give the device's address, or --config and --camera")
        return OnvifMount(OnvifAddress(arguments.url, arguments.username, _password(arguments), arguments.profile))
    settings = load_settings(arguments.config)
    turning = {camera.id: camera for camera in settings.camera if camera.mount is not None}
    wanted = arguments.camera or next(iter(turning), "")
    if wanted not in turning:
        names = ", ".join(turning) or "none"
        raise ConfigError(
            str(arguments.config), "camera.id", f"{wanted!r} is no camera with a mount; there are: {names}"
        )
    camera = turning[wanted]
    assert camera.mount is not None  # noqa: S101 - chosen so above
    return mount_of(camera, camera.mount)


def _password(arguments: argparse.Namespace) -> str:
    """Return the password from the environment, or ask a person; never from the command line, which others see."""
    if not arguments.username:
        return ""
    if arguments.password_env:
        return os.environ.get(arguments.password_env, "")
    return getpass.getpass(f"password of {arguments.username}: ") if sys.stdin.isatty() else ""


def _as_settings(
    arguments: argparse.Namespace, facts: OnvifFacts, status: MountStatus, found: tuple[Preset, ...]
) -> Iterator[str]:
    yield f"# {facts.model}, profile {facts.profile}"
    if facts.clock_offset_s is not None:
        yield f"# its clock is {facts.clock_offset_s:+.0f} s from this computer's"
    yield f"# it stands at {_place(status.position)}{' and moves' if status.is_moving else ''}"
    parts = urlsplit(facts.snapshot_uri or facts.stream_uri)
    yield f'kind = "{"snapshot" if facts.snapshot_uri else "stream"}"'
    yield f'url = "{parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()}"'
    if facts.snapshot_uri:
        yield f'# or kind = "stream", url = "{facts.stream_uri}"'
    yield ""
    yield "[camera.mount]"
    yield f'url = "{arguments.url or "as it is"}"'
    for preset in found:
        yield ""
        yield f"[[camera.poses]]               # {preset.name or 'without a name'}: {_place(preset.position)}"
        yield f'id = "{_slug(preset)}"'
        yield f'preset = "{_quoted(preset.name or preset.token)}"'
        yield "azimuth_deg = 0.0              # MEASURE: true azimuth of the picture's middle"
        yield "hfov_deg = 54.0                # MEASURE: horizontal field of view at this zoom"
    if not found:
        yield "# it remembers no preset: make them at its own page, or give pan, tilt and zoom as above"


def _place(position: MountPosition | None) -> str:
    if position is None:
        return "a position that it does not tell"
    return f"pan = {position.pan:.4f}, tilt = {position.tilt:.4f}, zoom = {position.zoom:.4f}"


def _slug(preset: Preset) -> str:
    """Return a name for the pose: of the preset's own, what may stand in one."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in preset.name.lower())
    token = "".join(letter for letter in preset.token.lower() if letter.isascii() and letter.isalnum())
    return kept.strip("-")[:32].strip("-") or f"preset-{token}"[:32]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
