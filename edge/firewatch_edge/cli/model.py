"""Commands on a tower's models: list, install, test, roll back."""

from __future__ import annotations

import os
import statistics
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.errors import FirewatchError, InvalidValue, ModelError
from firewatch_edge.cli.say import complain, say, say_json
from firewatch_edge.cli.speed import detector_times_ms, temporal_times_ms
from firewatch_edge.config import load_settings
from firewatch_edge.node.model_trial import try_model
from firewatch_edge.node.model_updates import (
    centre_models,
    current_model,
    installer_of,
    recent_frames_of,
    shelf_of,
    trial_apart,
    update_from_centre,
)
from firewatch_edge.update import SHIPPED, roll_back_model, stated_model

if TYPE_CHECKING:
    import argparse

    from firewatch.wire.model_offer import OfferedModel
    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.detect import Eyes
    from firewatch_edge.update import ModelShelf, Probation, TriedModel

__all__ = ["install", "list_models", "roll_back", "test"]

_SPEED_FRAMES = 3
_NICE = 10
# Of a list: what each model is.
_ROLES = {True: "runs", False: "before it"}


def list_models(arguments: argparse.Namespace) -> int:
    """Print what is installed, which runs, and what was taken back."""
    settings = load_settings(arguments.config)
    facts = _facts(settings)
    if arguments.json:
        say_json(facts)
        return 0
    if settings.model.path:
        say(f"model.path names {settings.model.path}: it runs, and installed models do not")
    for model in facts["models"]:
        say(f"{model['version']:10} {model['role'] or 'kept':12} {model['name'] or 'shipped with the program'}")
    if facts["probation"]:
        say(f"on probation: {facts['probation']}")
    if facts["taken_back"]:
        say(f"taken back: {facts['taken_back']}")
    return 0


def _facts(settings: EdgeSettings) -> dict[str, Any]:
    shelf = shelf_of(settings)
    state = shelf.state()
    probation, taken = state.probation, state.taken_back
    models = [
        {
            "name": name,
            "version": shelf.version_of(name),
            "role": _ROLES[name == state.current] if name in {state.current, state.previous} else "",
            "whole": _is_whole(shelf, name),
        }
        for name in (SHIPPED, *shelf.installed())
    ]
    return {
        "models": models,
        "runs": str(current_model(settings)),
        "probation": "" if probation is None else _progress(probation, settings.updates.probation_min),
        "taken_back": "" if taken is None else f"{taken.model or 'shipped'} at {taken.at.isoformat()}: {taken.why}",
    }


def _progress(probation: Probation, of_min: float) -> str:
    return f"{probation.watched_s / 60.0:.0f} of {of_min:g} minutes, {probation.frames} frames"


def _is_whole(shelf: ModelShelf, name: str) -> bool:
    try:
        shelf.check(name)
    except ModelError:
        return False
    return True


def install(arguments: argparse.Namespace) -> int:
    """Install a package from a file, or what the centre offers."""
    settings = load_settings(arguments.config)
    if (arguments.package is None) != arguments.offered:
        raise InvalidValue("what to install", arguments.package, "a package's FILE, or --offered, one of the two")
    if arguments.offered:
        done = _offered(settings, arguments)
        if done is None:
            say("nothing newer is offered")
            return 0
    else:
        done = installer_of(settings, trial_apart(arguments.config)).install(arguments.package, again=arguments.again)
    say(f"{done.version} is installed, signed by key {done.signed_by}; self-test: {done.tried}")
    say(f"a running node takes it within seconds; on probation for {settings.updates.probation_min:g} minutes")
    return 0


def _offered(settings: EdgeSettings, arguments: argparse.Namespace) -> TriedModel | None:
    from firewatch.wire.model_package import is_higher

    name, running = stated_model(current_model(settings))
    # Refuses what cannot be installed before anything is fetched.
    installer_of(settings, trial_apart(arguments.config))
    newer: list[OfferedModel] = [
        one for one in centre_models(settings).offers() if one.name == name and is_higher(one.version, running)
    ]
    if not newer:
        return None
    best = newer[0]
    say(f"{best.name} {best.version}, {best.size} bytes: fetching")
    return update_from_centre(settings, arguments.config, best.sha256, best.size, "")


def roll_back(arguments: argparse.Namespace) -> int:
    """Go back to the model before, or to the shipped one."""
    settings = load_settings(arguments.config)
    shelf = shelf_of(settings)
    why = arguments.reason or "somebody at the tower said so"
    state = roll_back_model(shelf, why, datetime.now(UTC), to_shipped=arguments.to_shipped)
    say(f"back to {shelf.version_of(state.current)}; a running node takes it within seconds")
    return 0


def test(arguments: argparse.Namespace) -> int:
    """Run the self-test on a model's folder; nothing is switched."""
    settings = load_settings(arguments.config)
    # The node that watches on this computer comes first.
    os.nice(_NICE)
    try:
        own = recent_frames_of(settings).paths()
        present = current_model(settings)
        report = try_model(settings, arguments.folder, present, own, lambda eyes: _busy(settings, eyes))
    except FirewatchError as err:
        if arguments.json:
            say_json({"ok": False, "words": str(err)})
        else:
            complain(str(err))
        return 1
    if arguments.json:
        say_json({"ok": True, "words": report.words})
    else:
        say(f"ok: {report.version}, {report.words}")
    return 0


def _busy(settings: EdgeSettings, eyes: Eyes) -> float:
    """Return the share of the time that a model is at work with all cameras, as `doctor` does."""
    noise = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)
    each_ms = statistics.median(detector_times_ms(eyes, noise, _SPEED_FRAMES))
    if eyes.verifier is not None:
        each_ms += statistics.median(temporal_times_ms(eyes, noise, _SPEED_FRAMES, eyes.candidates))
    return sum(each_ms / 1000.0 / camera.period_s for camera in settings.camera)
