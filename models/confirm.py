"""The node's confirmation over frames that were looked at before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.vision import Detections, FrameStamp
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules
from firewatch_edge.node import replay_view, replay_window_s
from models.evaluate.eyes import IGNITION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.detector import Sheet
    from models.measures import Look

_USUAL_STEP_S = 60.0
# Sizes bound only how far a plume's pieces may lie apart; a look does not carry its picture's.
_USUAL_PX = (1280, 720)


def confirm(looks: Sequence[Look], sheet: Sheet) -> list[bool]:
    """Tell for each frame whether a smoke is confirmed after it.

    Parameters
    ----------
    looks : sequence of Look
        One view in time order, a minute apart where their frames carry no time; scores are probabilities.
    sheet : Sheet
        Gives the score at which a box counts, the hits wanted and the window [frames].
    """
    times_s = [
        number * _USUAL_STEP_S if look.frame.t_seconds is None else look.frame.t_seconds
        for number, look in enumerate(looks)
    ]
    window_s = replay_window_s(sheet.confirm_threshold, sheet.confirm_window, times_s)
    rules = Rules(sheet.confirm_threshold, sheet.confirm_hits, sheet.confirm_window, window_s)
    confirmer = Confirmer(rules, replay_view("0" * 64), np.random.default_rng(0))
    state, marks = ConfirmState(), []
    for number, (look, at_s) in enumerate(zip(looks, times_s, strict=True)):
        stamp = FrameStamp(IGNITION + timedelta(seconds=at_s), f"{number:064x}", *_USUAL_PX)
        found = Detections(look.boxes.astype(np.float32), look.scores.astype(np.float32))
        state, _ = confirmer.step(state, stamp, found)
        marks.append(state.is_confirmed)
    return marks
