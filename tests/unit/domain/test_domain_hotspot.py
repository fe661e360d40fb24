"""A hotspot is of a place, an instant and a satellite; figures that cannot be are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from firewatch.domain.geo import Position
from firewatch.domain.hotspot import Hotspot, HotspotConfidence
from firewatch.errors import InvalidValue

AT = datetime(2026, 11, 26, 4, tzinfo=UTC)
PLACE = Position(26.9, 112.6)


def test_a_hotspot_may_know_nothing_but_place_instant_and_satellite() -> None:
    bare = Hotspot(PLACE, AT, "N20")
    assert (bare.confidence, bare.frp_mw, bare.brightness_k) == (None, None, None)
    whole = Hotspot(PLACE, AT, "N20", HotspotConfidence.HIGH, 0.2, 9.5, 340.0, "h")
    assert whole.confidence is HotspotConfidence.HIGH


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"at": AT.replace(tzinfo=None)}, "time of a hotspot"),
        ({"satellite": " "}, "satellite"),
        ({"size_km2": -0.1}, "size"),
        ({"frp_mw": float("nan")}, "fire radiative power"),
        ({"brightness_k": -1.0}, "brightness temperature"),
    ],
)
def test_figures_that_cannot_be_are_refused(changed: dict[str, object], what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        Hotspot(**({"position": PLACE, "at": AT, "satellite": "N20"} | changed))  # type: ignore[arg-type]
