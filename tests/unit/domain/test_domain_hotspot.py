"""A hotspot is of a place, an instant and a satellite; figures that cannot be are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.domain.geo import Position
from firewatch.domain.hotspot import (
    Hotspot,
    HotspotConfidence,
    HotspotId,
    KeptHotspot,
    Verdict,
    VerdictReason,
    hotspot_id,
)
from firewatch.errors import InvalidValue

AT = datetime(2026, 11, 26, 4, tzinfo=UTC)
if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_the_id_is_of_satellite_instant_and_place_alone() -> None:
    one = Hotspot(PLACE, AT, "N20", HotspotConfidence.HIGH)
    assert hotspot_id(one) == hotspot_id(Hotspot(PLACE, AT, "N20")) == KeptHotspot(one, "firms", AT).hotspot_id
    others = [Hotspot(PLACE, AT, "N21"), Hotspot(PLACE, AT + timedelta(minutes=10), "N20")]
    others.append(Hotspot(Position(PLACE.lat_deg + 1e-4, PLACE.lon_deg), AT, "N20"))
    assert len({hotspot_id(each) for each in [one, *others]}) == 4


@pytest.mark.parametrize(
    "make",
    [
        lambda: KeptHotspot(Hotspot(PLACE, AT, "N20"), " ", AT),
        lambda: KeptHotspot(Hotspot(PLACE, AT, "N20"), "firms", AT.replace(tzinfo=None)),
        lambda: Verdict("01M8BM36570000000000000009", (), VerdictReason.OTHER, AT, "王"),
        lambda: Verdict("x", (hotspot_id(Hotspot(PLACE, AT, "N20")),), VerdictReason.OTHER, AT, "王"),
        lambda: Verdict("01M8BM36570000000000000009", (HotspotId("x"),), VerdictReason.OTHER, AT, "王"),
        lambda: Verdict(
            "01M8BM36570000000000000009",
            (hotspot_id(Hotspot(PLACE, AT, "N20")),),
            VerdictReason.OTHER,
            AT,
            "王",
            "x" * 201,
        ),
    ],
)
def test_what_cannot_be_kept_or_said_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue):
        make()
