"""Forks writers of an outbox and kills each at a random instant; prints what every one had been told was kept.

One process for many kills: a fork takes a millisecond, a new Python a second.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from firewatch.testing.builders import a_message_id
from firewatch_edge.publish import Outbox, Priority

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"


def write(path: Path, first: int, say: int) -> None:
    outbox = Outbox(path)
    os.write(say, b"open\n")
    for number in range(first, first + 100_000):
        priority = Priority.CROP if number % 5 == 4 else Priority.SIGHTING
        outbox.put(a_message_id(number), TOPIC, bytes(20_000 if priority is Priority.CROP else 900), priority)
        os.write(say, b"%d\n" % number)


def one_kill(path: Path, first: int, after_s: float) -> list[int]:
    """Return the numbers that a writer had been told were kept when it was killed."""
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
        write(path, first, say)
        os._exit(1)
    os.close(say)
    with os.fdopen(hear, "rb") as told:
        assert told.readline() == b"open\n"
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines = told.read().splitlines(keepends=True)
    return [int(line) for line in lines if line.endswith(b"\n")]


def main(path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    kept: list[int] = []
    for number in range(kills):
        kept += one_kill(path, number * 100_000, chance.uniform(0.0, 0.1))
    outbox = Outbox(path)
    there = {one for priority in Priority for one in outbox.waiting(priority, 10**6)}
    lost = [number for number in kept if a_message_id(number) not in there]
    facts = {"kills": kills, "kept": len(kept), "lost": lost, "set_aside_files": outbox.counts().set_aside_files}
    facts |= {"depth_is_right": outbox.depth() == len(there), "unsaid": len(there) - len(kept)}
    sys.stdout.write(json.dumps(facts))
    outbox.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
