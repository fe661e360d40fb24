"""From candidates to detections: width first, then suppression."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch_edge.detect import overlaps, suppress
from firewatch_edge.detect.boxes import Cut, calibrate, choose
from firewatch_edge.detect.model import CalibrationSpec

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (1000, 1000)
CUT = Cut(lowest=0.05, widest_fraction=0.4, nms_iou=0.0)


def arrays(rows: list[list[float]], scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return table[:, :4] * scale, table[:, 4]


def test_fog_over_a_small_smoke_does_not_take_it_away(shared_data: Path) -> None:
    """The reference's known defect, reversed: the wide box goes before suppression, so the smoke stays."""
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))
    case = vectors["known_defect_single_frame"]["cases"][1]
    assert case["out"] == []
    boxes, scores = arrays(case["boxes"], 1000.0)
    found = choose(boxes, scores, SIZE, CUT)
    assert found.boxes.tolist() == [pytest.approx([450.0, 450.0, 500.0, 500.0], abs=1e-3)]


def test_candidates_become_detections_as_in_the_reference(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))
    for case in vectors["preprocess"]["post_process"]:
        width, height = case["image_wh"]
        scale = case["imgsz"] / max(width, height)
        raw = np.array(case["raw_cxcywhc_in_letterbox_px"])
        pad = np.array([case["imgsz"] - width * scale, case["imgsz"] - height * scale]) / 2.0
        low, high = raw[:, :2] - raw[:, 2:4] / 2.0 - pad, raw[:, :2] + raw[:, 2:4] / 2.0 - pad
        boxes = np.concatenate((low, high), axis=1) / scale
        cut = Cut(case["conf"], 0.4, 0.0)
        found = choose(boxes, raw[:, 4].astype(np.float32), (width, height), cut)
        got = np.concatenate((found.boxes / [width, height, width, height], found.scores[:, None]), axis=1)
        want = np.array(case["after_max_width_0.4"]).reshape(-1, 5)
        np.testing.assert_allclose(got, want, atol=2e-6)


def test_a_dropped_box_drops_nothing_itself() -> None:
    boxes, scores = arrays([[10, 10, 20, 20, 0.5], [15, 15, 25, 25, 0.7], [24, 24, 30, 30, 0.8]])
    assert suppress(boxes, scores, 0.0).tolist() == [2, 0]


def test_of_two_boxes_on_one_smoke_the_better_stays() -> None:
    boxes, scores = arrays([[0, 0, 10, 10, 0.6], [1, 0, 11, 10, 0.7], [50, 50, 60, 60, 0.2]])
    assert suppress(boxes, scores, 0.5).tolist() == [1, 2]
    assert suppress(boxes, scores, 0.9).tolist() == [1, 0, 2]


def test_nothing_in_nothing_out() -> None:
    found = choose(np.empty((0, 4)), np.empty(0, np.float32), SIZE, CUT)
    assert len(found) == 0


def test_a_box_outside_the_frame_is_no_detection() -> None:
    boxes, scores = arrays([[-50, 10, -1, 20, 0.9], [10, 1001, 20, 1100, 0.9], [-5, -5, 20, 20, 0.8]])
    found = choose(boxes, scores, SIZE, CUT)
    assert found.boxes.tolist() == [[0.0, 0.0, 20.0, 20.0]]


def test_a_flood_of_candidates_is_bounded() -> None:
    corner = np.arange(500)[:, None] * np.array([[2.0, 0.0]])
    boxes = np.concatenate((corner, corner + 1.0), axis=1)
    assert len(suppress(boxes, np.linspace(0.1, 0.9, 500), 0.5)) == 20


def test_overlap_of_empty_boxes_is_none() -> None:
    empty = np.zeros((1, 4))
    assert overlaps(empty, empty).tolist() == [[0.0]]


def test_calibration_is_platt_and_does_not_overflow() -> None:
    platt = CalibrationSpec(kind="platt", a=2.0, b=-1.0)
    got = calibrate(np.array([-1e4, 0.0, 0.5, 1e4], np.float32), platt)
    np.testing.assert_allclose(got, [0.0, 1.0 / (1.0 + np.e), 0.5, 1.0], atol=1e-7)


corners = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2, st.integers(1, 99))


@given(st.lists(corners, max_size=30), st.sampled_from([0.0, 0.3, 0.5]))
def test_kept_boxes_do_not_clash_and_each_dropped_one_has_its_better(rows: list[tuple[int, ...]], iou: float) -> None:
    table = np.array([[x, y, x + w, y + h, s / 100] for x, y, w, h, s in rows], np.float64).reshape(-1, 5)
    boxes, scores = table[:, :4], table[:, 4]
    kept = suppress(boxes, scores, iou)
    between = overlaps(boxes[kept], boxes[kept]) - np.eye(len(kept))
    assert (between <= iou).all()
    if len(kept) < 20:
        for dropped in set(range(len(table))) - set(kept.tolist()):
            clash = overlaps(boxes[[dropped]], boxes[kept])[0] > iou
            assert (scores[kept][clash] >= scores[dropped]).any()
