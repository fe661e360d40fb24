"""Measure detectors on labelled frames, on sequences and on rendered empty scenes.

Example
-------
    python -m models.evaluate --split val --split empty-val --pictures runs/pictures --json runs/val.json
    python -m models.evaluate --sequences ../shared/data/smoke/sequences/train
    python -m models.evaluate choose
    python -m models.evaluate compare --model models/smoke --onnx other.onnx --adapter yolov8 --split val
"""

from __future__ import annotations

import sys
from importlib import import_module

from firewatch.errors import FirewatchError

# Each loads only what it needs.
COMMANDS = {"measure": "measuring", "choose": "choosing", "compare": "comparing"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; without a name it is `measure`."""
    given = sys.argv[1:] if arguments is None else arguments
    name, rest = (given[0], given[1:]) if given and given[0] in COMMANDS else ("measure", given)
    try:
        import_module(f"models.evaluate.{COMMANDS[name]}").main(rest)
    except FirewatchError as err:
        print(f"models.evaluate {name}: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
