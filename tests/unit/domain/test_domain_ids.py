from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import make_ulid, require_slug, require_ulid, ulid_time_ms
from firewatch.errors import InvalidValue

NOW = datetime(2026, 4, 4, 3, 0, tzinfo=UTC)


def test_a_ulid_is_the_published_example_of_its_specification() -> None:
    # github.com/ulid/spec: 01ARZ3NDEKTSV4RRFFQ69G5FAV is of 2016-07-30T23:54:10.259Z.
    at = datetime(2016, 7, 30, 23, 54, 10, 259000, tzinfo=UTC)
    assert make_ulid(at, bytes.fromhex("d676c4c61efb998bd53b"))[:10] == "01ARZ3NDEK"
    assert ulid_time_ms("01ARZ3NDEKTSV4RRFFQ69G5FAV") == int(at.timestamp() * 1000)


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1)), st.binary(min_size=10, max_size=10))  # noqa: DTZ001
def test_a_ulid_keeps_its_millisecond_and_is_canonical(naive: datetime, randomness: bytes) -> None:
    at = naive.replace(tzinfo=UTC)
    ulid = make_ulid(at, randomness)
    assert require_ulid("id", ulid) == ulid
    assert ulid_time_ms(ulid) == int(at.timestamp() * 1000)


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_ulids_sort_by_the_time_they_were_made(first: bytes, second: bytes) -> None:
    assert make_ulid(NOW, first) < make_ulid(NOW + timedelta(milliseconds=1), second)


@pytest.mark.parametrize("length", [0, 9, 11])
def test_a_ulid_needs_ten_random_bytes(length: int) -> None:
    with pytest.raises(InvalidValue, match="10 bytes"):
        make_ulid(NOW, bytes(length))


def test_a_ulid_of_a_time_before_1970_is_refused() -> None:
    with pytest.raises(InvalidValue, match="1970"):
        make_ulid(datetime(1969, 12, 31, tzinfo=UTC), bytes(10))


@pytest.mark.parametrize(
    "text", ["", "01arz3ndektsv4rrffq69g5fav", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FA"]
)
def test_what_is_no_ulid_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="message"):
        require_ulid("message", text)


@pytest.mark.parametrize("text", ["a", "tower-1", "0", "a" * 32])
def test_slugs_are_lower_case_letters_digits_and_hyphens(text: str) -> None:
    assert require_slug("tower", text) == text


@pytest.mark.parametrize("text", ["", "-a", "A", "a/b", "a+", "塔", "a" * 33, "a b", "a\n"])
def test_what_could_break_a_topic_or_a_path_is_no_slug(text: str) -> None:
    with pytest.raises(InvalidValue, match="tower"):
        require_slug("tower", text)
