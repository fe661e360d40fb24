"""Which offered package is meant by a version or a SHA-256: one and no other, or none."""

from __future__ import annotations

import pytest

from firewatch.domain.remote import UpdateModel
from firewatch.errors import InvalidValue
from firewatch.services.model_choice import update_of
from firewatch.testing.package_shelf import an_offer
from firewatch.wire.model_offer import package_path

NEW, OLD, TWIN = an_offer("0.4.0", "a"), an_offer("0.3.2", "b"), an_offer("0.3.2", "c", "smoke-nano")


@pytest.mark.parametrize("wanted", ["0.4.0", " 0.4.0 ", "a" * 64, "A" * 64, "a" * 12])
def test_a_version_or_enough_of_the_hash_names_one_package(wanted: str) -> None:
    path = package_path("a" * 64)
    assert update_of([NEW, OLD, TWIN], wanted) == UpdateModel(
        sha256="a" * 64, size_bytes=9000, location=path, version="0.4.0"
    )


def test_a_version_that_two_have_is_refused_with_their_hashes_and_each_hash_is_taken() -> None:
    with pytest.raises(InvalidValue, match="one of several") as refused:
        update_of([NEW, OLD, TWIN], "0.3.2")
    assert all(words in str(refused.value) for words in ("b" * 64, "c" * 64, "smoke-nano 0.3.2"))
    assert "a" * 64 not in str(refused.value)
    assert update_of([NEW, OLD, TWIN], "c" * 64).sha256 == TWIN.sha256


@pytest.mark.parametrize("wanted", ["0.4", "0.40", "", "a" * 11, "d" * 64, "a" * 65, "smoke"])
def test_what_names_none_is_refused_with_what_there_is(wanted: str) -> None:
    with pytest.raises(InvalidValue, match="version or SHA-256 of one of") as refused:
        update_of([NEW, OLD], wanted)
    assert all(words in str(refused.value) for words in ("smoke 0.4.0", "smoke 0.3.2", "a" * 64, "b" * 64))


def test_where_nothing_is_offered_it_says_how_to_offer() -> None:
    with pytest.raises(InvalidValue, match="firewatch model offer"):
        update_of([], "0.4.0")
