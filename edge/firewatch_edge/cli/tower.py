"""Commands on a tower: run, once, check-config."""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn

from firewatch.errors import FirewatchError, ModelError
from firewatch.parent import stop_with_parent
from firewatch.stop_signals import stop_with_signals
from firewatch_edge.capture import EndOfRecording
from firewatch_edge.cli.frames import detection_facts
from firewatch_edge.cli.logs import keep_log, set_up_logs
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.config import effective_settings, load_settings
from firewatch_edge.detect import Detector, available_providers, load_spec, provider_in_use
from firewatch_edge.node import assemble, model_folder, rules_of, source_opener, verified_rules_of

if TYPE_CHECKING:
    import argparse

    from firewatch_edge.config import CameraSection, EdgeSettings

__all__ = ["check_config", "once", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Run the service until it is told to stop, or every recording is over."""
    set_up_logs(arguments.log_level)
    stop = threading.Event()
    stop_with_signals(stop)
    if arguments.child:
        stop_with_parent(stop)
    ring = keep_log()
    node = assemble(load_settings(arguments.config), config=arguments.config, log=ring)
    node.run(stop)
    if node.wants_restart and not stop.is_set():
        start_anew()
    return 0


def start_anew() -> NoReturn:
    """Put the same program, with the same arguments, in the place of this one; systemd sees one service go on."""
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line, no shell


def once(arguments: argparse.Namespace) -> int:
    """Look at one frame of every camera."""
    settings = load_settings(arguments.config)
    openers = [(camera, source_opener(camera)) for camera in settings.camera]
    detector = Detector.load(
        model_folder(settings), settings.model.threads, settings.model.precision, settings.model.provider
    )
    failed = 0
    for camera, opener in openers:
        facts = {"camera": camera.id, **_one_frame(camera, opener, detector)}
        failed += "error" in facts
        if arguments.json:
            say_json(facts)
        elif "error" in facts:
            say(f"{camera.id:16} no frame: {facts['error']}")
        else:
            verdict = "SMOKE" if facts["smoke"] else "clear"
            say(f"{camera.id:16} {verdict}  {facts['score']:.3f}  {facts['size']}  captured {facts['captured_at']}")
    return 1 if failed else 0


def _one_frame(camera: CameraSection, opener: Any, detector: Detector) -> dict[str, Any]:
    try:
        source = opener()
        try:
            frame = source.read(camera.timeout_s)
        finally:
            source.close()
    except FirewatchError as err:
        return {"error": str(err)}
    except EndOfRecording:
        return {"error": "the recording holds no frame"}
    stamp = frame.stamp
    return {
        "captured_at": stamp.captured_at.isoformat(),
        "size": f"{stamp.width_px}x{stamp.height_px}",
        **detection_facts(detector.score(frame.image), detector.spec.decision.threshold),
    }


def check_config(arguments: argparse.Namespace) -> int:
    """Check the settings and print what is in effect, defaults included."""
    settings = load_settings(arguments.config)
    shown = {**effective_settings(settings), "in_effect": _in_effect(settings)}
    say(json.dumps(shown, indent=2, ensure_ascii=False))
    return 0


def _in_effect(settings: EdgeSettings) -> dict[str, Any]:
    """Return what settings and model come to together; a model that is not here yet is for `doctor` to judge."""
    try:
        spec = load_spec(model_folder(settings), settings.model.precision)
    except ModelError as err:
        return {"model": str(err)}
    temporal = spec.temporal if settings.temporal.enabled else None
    verified = verified_rules_of(settings.confirmation, temporal)
    return {
        "model": f"{spec.name} {spec.version}, {spec.precision}",
        "provider": _provider(settings),
        "by_frame": asdict(rules_of(settings.confirmation, spec)),
        "with_past": "off" if verified is None else asdict(verified),
    }


def _provider(settings: EdgeSettings) -> str:
    chosen, there = provider_in_use(settings.model.provider), available_providers()
    return f"{chosen} ({'' if chosen in there else 'NOT INSTALLED; '}there is {', '.join(there)})"
