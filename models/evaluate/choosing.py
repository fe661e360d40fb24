"""`python -m models.evaluate choose`: an operating point for recall first, and how calibrations compare."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from models.calibrate import try_calibrations
from models.evaluate.eyes import EdgeEye, see_all
from models.evaluate.markdown import choice_page
from models.evaluate.options import (
    EXIT_CODES,
    add_chosen_on,
    add_shared,
    hand_over,
    open_pictures,
    require_apart_from_test,
)
from models.evaluate.plain import plain_choice
from models.evaluate.progress import Bar
from models.evaluate.sources import frames_of
from models.measures import bests, truths
from models.operating import choose_threshold, curve_of

# A logit beyond this is as sure as single precision can say.
_SUREST = 16.0


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate choose",
        description="Choose a model's threshold for single frames: the highest localised recall at no less than a "
        "specificity, with intervals by camera; and compare calibrations on cameras that they were not fitted on.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--model", type=Path, default=Path("models/smoke"), help="model folder (default models/smoke)")
    add_chosen_on(parser)
    add_shared(parser)
    given = parser.parse_args(arguments)
    require_apart_from_test(given.chosen_on)
    pictures = open_pictures(given.pictures)
    eye = EdgeEye(given.model, given.threads)
    frames = [frame for split in given.chosen_on for frame in frames_of(given.real, split)]
    with Bar("frames", len(frames)) as bar:
        looks = [one.look for one in see_all(eye, frames, bar)]
    choice = choose_threshold(looks, given.least_specificity, given.draws)
    curve = curve_of(looks)
    cameras = np.array([look.frame.camera for look in looks])
    trials = try_calibrations(logits_of(bests(looks)), truths(looks), cameras)
    if pictures:
        from models.evaluate.pictures import draw_choice

        draw_choice(pictures, curve, choice)
    report = {"model": eye.name, "chosen_on": given.chosen_on, **plain_choice(choice, curve, trials)}
    hand_over(given, report, [choice_page(choice, trials, eye.threshold)])


def logits_of(chances: np.ndarray) -> np.ndarray:
    """Return log odds, kept within what single precision can tell apart."""
    least = 1.0 / (1.0 + np.exp(_SUREST))
    held = np.clip(chances, least, 1.0 - least)
    return np.asarray(np.log(held / (1.0 - held)))
