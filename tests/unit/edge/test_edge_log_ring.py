"""The last of the log: whole lines, the newest, and no secret among them."""

from __future__ import annotations

import logging

import pytest

from firewatch_edge.node.hands import LogRing, redact


@pytest.mark.parametrize(
    "line",
    [
        'password="s3cret word"',
        "PASSWORD=s3cret",
        "password_env: s3cret",
        "Authorization: Basic s3cret",
        '"api_key": "s3cret"',
        "https://u:s3cret@host/x?token=s3cret&a=1",
        "<wsse:Password Type='digest'>s3cret</wsse:Password>",
        "-----BEGIN EC PRIVATE KEY-----\ns3cret\n-----END EC PRIVATE KEY-----",
        "the plain one s3cret",
    ],
)
def test_what_looks_like_a_secret_is_hidden(line: str) -> None:
    assert "s3cret" not in redact(line, ["s3cret"] if "plain" in line else [])


def test_the_ring_keeps_whole_lines_the_newest_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch_edge.node.hands.log_ring._MOST_BYTES", 60)
    ring = LogRing()
    for number in range(20):
        ring.emit(logging.LogRecord("x", logging.INFO, "", 1, f"line {number:04}", None, None))
    kept = ring.last(10_000).splitlines()
    assert kept == [f"line {number:04}" for number in range(14, 20)]
    assert ring.last(25).splitlines() == kept[-2:]
    assert ring.last(1) == ""
