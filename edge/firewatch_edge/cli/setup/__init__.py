"""What `init` asks and writes: the questions in order, a camera tried at once, files that appear whole."""

from __future__ import annotations

from firewatch_edge.cli.setup.answers import Answers, CameraAnswers, load_answers
from firewatch_edge.cli.setup.asking import Asker, Back, Question, Refused
from firewatch_edge.cli.setup.draft import CameraDraft, Draft, PoseDraft

__all__ = [
    "Answers",
    "Asker",
    "Back",
    "CameraAnswers",
    "CameraDraft",
    "Draft",
    "PoseDraft",
    "Question",
    "Refused",
    "load_answers",
]
