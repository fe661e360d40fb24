"""Masks set aside what lies in them, and nothing that rises out of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.masks import Mask, Polygon
from firewatch.errors import InvalidValue
from firewatch_edge.confirm import MASKED_FROM, MaskSet

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

SIZE = (1000, 1000)


def mask(*points: tuple[float, float], until: date | None = None) -> Mask:
    return Mask("chimney", "cement works", Polygon(points), until)


def box_mask(x0: float, y0: float, x1: float, y1: float) -> Mask:
    return mask((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def covered(masks: MaskSet, *boxes: tuple[float, float, float, float]) -> list[bool]:
    return masks.covered(np.array(boxes, np.float32) * 1000, SIZE).tolist()


def test_the_share_that_is_covered_is_exact_for_known_shapes() -> None:
    triangle = MaskSet([mask((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))])
    assert triangle.share_of(0.0, 0.0, 1.0, 1.0) == pytest.approx(0.5)
    assert triangle.share_of(0.25, 0.25, 0.75, 0.75) == pytest.approx(0.5)
    assert triangle.share_of(0.8, 0.8, 0.9, 0.9) == 0.0
    # A letter L: a square of which the upper right quarter is missing.
    ell = MaskSet([mask((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.2, 0.6))])
    assert ell.share_of(0.2, 0.2, 0.6, 0.6) == pytest.approx(0.75)
    assert ell.share_of(0.4, 0.2, 0.6, 0.4) == 0.0


def test_what_two_masks_cover_counts_once() -> None:
    crossed = MaskSet([mask((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)), mask((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))])
    assert crossed.share_of(0.0, 0.0, 1.0, 1.0) == pytest.approx(0.75)
    twice = MaskSet([box_mask(0.0, 0.0, 0.5, 1.0)] * 2)
    assert twice.share_of(0.0, 0.0, 1.0, 1.0) == pytest.approx(0.5)
    halves = MaskSet([box_mask(0.0, 0.0, 0.5, 1.0), box_mask(0.5, 0.0, 1.0, 1.0)])
    assert covered(halves, (0.3, 0.3, 0.7, 0.7)) == [True]


def test_a_chimney_mask_sets_its_steam_aside_and_keeps_the_plume_that_rises_over_it() -> None:
    chimney = MaskSet([box_mask(0.45, 0.44, 0.50, 0.52)])
    steam, risen, plume = (0.455, 0.445, 0.495, 0.515), (0.45, 0.43, 0.50, 0.52), (0.45, 0.30, 0.57, 0.52)
    assert covered(chimney, steam, risen, plume) == [True, False, False]


def test_no_masks_and_no_boxes_are_no_trouble() -> None:
    assert MaskSet([]).covered(np.array([[0, 0, 1, 1]], np.float32), SIZE).tolist() == [False]
    assert MaskSet([box_mask(0, 0, 1, 1)]).covered(np.empty((0, 4), np.float32), SIZE).tolist() == []
    assert covered(MaskSet([box_mask(0, 0, 1, 1)]), (0.5, 0.5, 0.5, 0.7), (-1.0, 0.1, -0.5, 0.2)) == [False, False]


def test_what_reaches_beyond_the_picture_counts_by_what_is_in_it() -> None:
    assert covered(MaskSet([box_mask(0.0, 0.0, 0.2, 0.2)]), (-0.5, -0.5, 0.2, 0.2)) == [True]


def test_the_masks_that_touch_a_box_are_named() -> None:
    left, right = box_mask(0.0, 0.0, 0.4, 1.0), box_mask(0.6, 0.0, 1.0, 1.0)
    masks = MaskSet([left, Mask("vent", "steam", right.polygon)])
    assert masks.names_over((300.0, 0.0, 500.0, 100.0), SIZE) == ("chimney",)
    assert masks.names_over((0.0, 0.0, 1000.0, 100.0), SIZE) == ("chimney", "vent")


corner = st.tuples(st.integers(0, 16), st.integers(0, 16)).map(lambda p: (p[0] / 16, p[1] / 16))


@given(st.lists(st.lists(corner, min_size=3, max_size=7), min_size=1, max_size=3), corner, corner)
def test_the_share_is_that_of_a_fine_raster(
    shapes: list[list[tuple[float, float]]], a: tuple[float, float], b: tuple[float, float]
) -> None:
    """Whatever polygons, convex or not, apart or over each other, against points counted in and out."""
    masks = []
    for shape in shapes:
        try:
            masks.append(mask(*shape))
        except InvalidValue:
            continue
    (x0, x1), (y0, y1) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    if not masks or x0 == x1 or y0 == y1:
        return
    step = (np.arange(160) + 0.5) / 160
    x, y = np.meshgrid(x0 + (x1 - x0) * step, y0 + (y1 - y0) * step)
    inside = np.zeros(x.shape, bool)
    for each in masks:
        one = np.zeros(x.shape, bool)
        for (xa, ya), (xb, yb) in each.polygon.edges:
            if ya != yb:
                one ^= ((ya > y) != (yb > y)) & (x < xa + (xb - xa) * (y - ya) / (yb - ya))
        inside |= one
    assert MaskSet(masks).share_of(x0, y0, x1, y1) == pytest.approx(inside.mean(), abs=0.03)


@given(corner, st.floats(0.01, 0.3), st.floats(0.01, 0.3))
def test_a_box_within_a_mask_is_set_aside_and_one_that_is_twice_as_large_is_not(
    at: tuple[float, float], width: float, height: float
) -> None:
    x, y = 0.5 * at[0] + 0.05, 0.5 * at[1] + 0.35
    masks = MaskSet([box_mask(x, y, min(1.0, x + width), min(1.0, y + height))])
    x1, y1 = min(1.0, x + width), min(1.0, y + height)
    assert masks.share_of(x, y, x1, y1) == pytest.approx(1.0)
    assert masks.share_of(x, y - min(y, y1 - y), x1, y1) < MASKED_FROM


def test_masks_work_as_in_the_reference_but_for_its_defect(shared_data: Path) -> None:
    """The reference masks by intersection over union: what is small in a large mask comes through, a plume goes."""
    cases = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))
    told = {case["name"]: case for case in cases["known_defect_single_frame"]["cases"] if case["masks"]}
    wanted = {
        "small detection fully inside a 0.3x0.3 occlusion mask": (True, False),
        "detection fully inside a 0.1x0.1 occlusion mask": (True, True),
        "real plume 0.12x0.12 near a chimney mask 0.05x0.08 (IoU>0.1)": (False, True),
    }
    assert set(told) == set(wanted)
    for name, (ours, theirs) in wanted.items():
        masks = MaskSet([box_mask(*points) for points in told[name]["masks"].values()])
        assert covered(masks, tuple(told[name]["boxes"][0][:4])) == [ours], name
        assert (told[name]["out"] == []) is theirs, name
