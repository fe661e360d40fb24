"""Endless answers in parts, as cameras of many makes write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch_edge.capture.multipart import PartReader, boundary_of

if TYPE_CHECKING:
    from collections.abc import Callable


def reading(text: bytes, at_most: int = 7) -> Callable[[int], bytes]:
    """Return a reader that gives the text in small pieces."""
    position = 0

    def read(count: int) -> bytes:
        nonlocal position
        piece = text[position : position + min(count, at_most)]
        position += len(piece)
        return piece

    return read


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"frame"),
        ('multipart/x-mixed-replace;boundary="--my boundary"', b"my boundary"),
        ("multipart/x-mixed-replace; boundary=--myboundary", b"myboundary"),
        ("multipart/x-mixed-replace", None),
        ("image/jpeg", None),
        ("text/html; boundary=x", None),
        ("", None),
    ],
)
def test_the_boundary_is_found(content_type: str, boundary: bytes | None) -> None:
    assert boundary_of(content_type) == boundary


def test_parts_with_a_length_may_hold_the_boundary() -> None:
    body = b"abc--frame\r\nxyz"
    part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: 12.5\r\n\r\n%s\r\n" % (
        len(body),
        body,
    )
    parts = PartReader(reading(part * 2), b"frame")
    for _ in range(2):
        headers, found = parts.next()
        assert found == body
        assert headers["x-timestamp"] == "12.5"
    with pytest.raises(ValueError, match="ended"):
        parts.next()


def test_parts_without_a_length_go_to_the_next_boundary() -> None:
    text = b"rubbish--frame\r\nContent-Type: image/jpeg\r\n\r\nfirst\r\n--frame\nA: b\n\nsecond\n--frame--"
    parts = PartReader(reading(text), b"frame")
    assert [parts.next()[1] for _ in range(2)] == [b"first", b"second"]


@pytest.mark.parametrize("length", ["-4", "1e3", "99999999999", "0", "none"])
def test_a_length_that_is_none_is_not_believed(length: str) -> None:
    text = b"--f\r\nContent-Length: %s\r\n\r\npicture\r\n--f\r\n" % length.encode()
    assert PartReader(reading(text), b"f").next()[1] == b"picture"


def test_headers_without_an_end_are_left() -> None:
    parts = PartReader(lambda count: b"--f\r\n" + b"X: y\r\n" * (count // 8), b"f")
    with pytest.raises(ValueError, match="without an end"):
        parts.next()


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.integers(1, 50))
def test_what_was_sent_is_what_comes_whatever_the_pieces(bodies: list[bytes], at_most: int) -> None:
    text = b"".join(b"--edge\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(body), body) for body in bodies)
    parts = PartReader(reading(text, at_most), b"edge")
    assert [parts.next()[1] for _ in bodies] == bodies
