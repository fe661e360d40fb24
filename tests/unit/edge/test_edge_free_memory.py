"""What was freed goes back to the computer, where its C library can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firewatch_edge.node.free_memory import _trim, give_back


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


@pytest.mark.skipif(_trim() is None, reason="this C library has no malloc_trim")
def test_holes_between_small_things_that_stay_are_given_back() -> None:
    # Below the size from which glibc maps memory apart, each block followed by one that stays.
    blocks, stay = [], []
    for _ in range(1500):
        blocks.append(np.ones(100_000, np.uint8))
        stay.append(np.ones(2_000, np.uint8))
    del blocks
    before_mb = resident_mb()
    give_back()
    assert before_mb - resident_mb() > 75.0
    assert len(stay) == 1500
