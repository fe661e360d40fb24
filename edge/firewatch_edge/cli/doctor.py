"""Looks at every part of a tower's set-up: ok, or what to do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from firewatch_edge.cli.checkup import Finding, Job, gather
from firewatch_edge.cli.checkup.cameras import camera_jobs, same_cameras
from firewatch_edge.cli.checkup.computer import (
    clock_findings,
    disk_findings,
    machine_findings,
    service_findings,
    watchdog_findings,
    zone_findings,
)
from firewatch_edge.cli.checkup.link import broker_findings, certificate_findings
from firewatch_edge.cli.checkup.model import model_findings
from firewatch_edge.cli.checkup.optics import optics_findings
from firewatch_edge.cli.checkup.site import secrets_findings, tower_findings
from firewatch_edge.cli.say import padded, say, say_json
from firewatch_edge.cli.words import Words, language_of
from firewatch_edge.config import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

__all__ = ["doctor", "findings"]

_COLUMN = 20
_LINK_S, _QUICK_S, _MODEL_S = 45.0, 15.0, 300.0


def doctor(arguments: argparse.Namespace) -> int:
    """Look at each part; return 1 if any failed."""
    settings = load_settings(arguments.config)
    words = Words(arguments.language or language_of())
    count = {"ok": 0, "warn": 0, "fail": 0}
    for finding in findings(settings, arguments.config):
        count[finding.level] += 1
        _tell(finding, words, as_json=arguments.json)
    if not arguments.json:
        say(words("doctor.sum", **count))
    return 1 if count["fail"] else 0


def findings(settings: EdgeSettings, config: Path) -> Iterator[Finding]:
    """Look at all parts: first at what costs nothing, then at the model alone, then at what has to be waited for."""
    yield from tower_findings(settings)
    yield from secrets_findings(config)
    yield from same_cameras(settings)
    yield from optics_findings(settings)
    # Alone: decoders at work beside it would make it look slow.
    yield from gather([Job("model", partial(model_findings, settings), _MODEL_S)])
    yield from gather([*camera_jobs(settings), *_other_jobs(settings)])


def _other_jobs(settings: EdgeSettings) -> Iterator[Job]:
    yield Job("broker", partial(broker_findings, settings), _LINK_S)
    yield Job("certificate", partial(certificate_findings, settings, datetime.now(UTC)), _QUICK_S)
    yield Job("disk", partial(disk_findings, settings), _QUICK_S)
    yield Job("clock", partial(clock_findings, settings), _QUICK_S)
    yield Job("zone", partial(zone_findings, settings), _QUICK_S)
    yield Job("computer", machine_findings, _QUICK_S)
    yield Job("watchdog", partial(watchdog_findings, settings), _QUICK_S)
    yield Job("service", service_findings, _QUICK_S)


def _tell(finding: Finding, words: Words, *, as_json: bool) -> None:
    told, to_do = finding.words(words), finding.to_do(words) if finding.level != "ok" else ""
    if as_json:
        is_ok = finding.level != "fail"
        say_json({"part": finding.label, "level": finding.level, "ok": is_ok, "words": told, "to_do": to_do})
        return
    part = words(f"doctor.part.{finding.part}") + (f" {finding.name}" if finding.name else "")
    say(f"{words(f'doctor.level.{finding.level}')}  {padded(part, _COLUMN)} {told}")
    if to_do:
        say(f"      -> {to_do}")
    sys.stdout.flush()
