"""`firewatch triage show|evaluate|train`: what evidence is worth, how good that is, and learning it from decisions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option

if TYPE_CHECKING:
    import argparse

    from firewatch.fusion.triage import TriageModel

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "triage",
        help="how likely a smoke is a fire: the weights in use, how good they are, learning them",
        description="Weights turn evidence into log-odds that sum to a probability. The expert table is built in; "
        "learned ones come from operators' decisions (confirmed or dismissed incidents), within the same bounds.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    show = verbs.add_parser("show", help="print the weights in use, and what they rest on")
    show.add_argument("--weights", type=Path, metavar="FILE", help="of this file, instead of those in use")
    evaluate = verbs.add_parser("evaluate", help="how good the weights in use are on what operators decided")
    train = verbs.add_parser(
        "train",
        help="learn weights from what operators decided (JSON)",
        description="Refuses, and writes nothing, when there are too few decisions, or when the learned weights are "
        "not better than the expert table beyond doubt on places and on weeks left out.",
        epilog="Example: firewatch triage train triage.json --plot triage.png",
    )
    train.add_argument("out", metavar="WEIGHTS.json", type=Path, help="written whole, or not at all")
    for verb in (evaluate, train):
        verb.add_argument(
            "--cases", type=Path, metavar="FILE.json", help="decisions from this file, not from the store"
        )
        verb.add_argument("--save-cases", type=Path, metavar="FILE.json", help="write the decisions that were read")
        verb.add_argument("--plot", type=Path, metavar="FILE.png", help="draw how often what was said came true")
    add_config_option(parser, show, evaluate, train)


def run(args: argparse.Namespace) -> int:
    """Show, evaluate or train."""
    if args.verb == "show":
        return _show(args)
    from firewatch.cli.triage_learning import evaluate, train

    code: int = evaluate(args) if args.verb == "evaluate" else train(args)
    return code


def _show(args: argparse.Namespace) -> int:
    from firewatch.adapters.triage_files import read_triage_model
    from firewatch.config import read_config
    from firewatch.triage_wiring import triage_model

    model = read_triage_model(args.weights) if args.weights else triage_model(read_config(args.config).triage)
    print("\n".join([*_weights(model), *_rests_on(model)]))
    return 0


def _weights(model: TriageModel) -> list[str]:
    from firewatch.fusion.triage import BASE_LIMIT, LIMITS, TERMS, TriageWeights

    expert, weights = TriageWeights(), model.weights
    lines = ["term          weight  built-in        allowed  odds times at full strength"]
    rows = [("base", weights.base, expert.base, (-BASE_LIMIT, BASE_LIMIT))]
    rows += [(term.value, weights.of(term), expert.of(term), LIMITS[term]) for term in TERMS]
    for name, weight, built_in, (low, high) in rows:
        lines.append(
            f"{name:<12} {weight:+7.2f}  {built_in:+8.2f}  {low:+5.1f} to {high:+5.1f}  {math.exp(weight):10.2f}"
        )
    return lines


def _rests_on(model: TriageModel) -> list[str]:
    record = model.record
    if record is None:
        return ["an expert table: design choices, fitted to nothing"]
    counts = f"{record.fires} confirmed, {record.false_alarms} dismissed, {record.first_day} to {record.last_day}"
    lines = [
        f"learned from {record.source}: {counts}, {record.places} places, {record.weeks} weeks",
        "on places left out:       log loss   Brier     ECE",
    ]
    for name, scores in (("expert table", record.expert), ("learned", record.learned)):
        lines.append(f"  {name:<20} {scores.log_loss:10.4f} {scores.brier:8.4f} {scores.calibration_error:7.4f}")
    if record.is_simulated:
        lines.append("SIMULATED decisions, no operator's: `firewatch serve` refuses these weights")
    return lines
