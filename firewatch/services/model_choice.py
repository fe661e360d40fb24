"""Choose a model package for a tower among those that the centre offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import UpdateModel
from firewatch.errors import InvalidValue
from firewatch.wire.model_offer import package_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.wire.model_offer import OfferedModel

__all__ = ["update_of"]

# As many digits as a package's file name shows; fewer might mean another one some day.
_LEAST_DIGITS = 12


def update_of(offers: Sequence[OfferedModel], wanted: str) -> UpdateModel:
    """Return the action that brings an offered package to a tower.

    Parameters
    ----------
    offers : sequence of OfferedModel
        What towers may fetch.
    wanted : str
        A version, or the SHA-256 of a package: whole, or its first 12 digits or more.

    Raises
    ------
    InvalidValue
        If none or several are meant by it; it says what there is.
    """
    found = [one for one in offers if _is_meant(one, wanted.strip())]
    if len(found) != 1:
        raise InvalidValue("model package", wanted[:80], _allowed(found or offers, is_ambiguous=bool(found)))
    (one,) = found
    return UpdateModel(sha256=one.sha256, size_bytes=one.size, location=package_path(one.sha256), version=one.version)


def _is_meant(offer: OfferedModel, wanted: str) -> bool:
    digits = wanted.lower()
    return offer.version == wanted or (len(digits) >= _LEAST_DIGITS and offer.sha256.startswith(digits))


def _allowed(offers: Sequence[OfferedModel], *, is_ambiguous: bool) -> str:
    if not offers:
        return "one that is offered, and nothing is: `firewatch model offer` puts a package there"
    there = ", ".join(f"{one.name} {one.version} (sha256 {one.sha256})" for one in offers)
    return f"the SHA-256 of one of several: {there}" if is_ambiguous else f"version or SHA-256 of one of: {there}"
