"""The measures of single frames: worked by hand, against scikit-learn, and by what must hold for any frames."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looked_at import BESIDE_IT, ON_IT, PLUME, clear, look, seen, smoke
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from firewatch.errors import InvalidValue
from models import measures
from models.evaluate.frame_report import baselines_of, report_frames
from models.evaluate.frame_table import FrameTable, f1, localised_recall, measures_at, recall, specificity, table_of
from models.measures import (
    auroc_of,
    average_precision_of,
    localised_at_false_rate,
    matches,
    middle_is_within,
    peak_in_box,
    recall_at_false_rate_of,
)

SCORES = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.7, 0.9, 1.0])), min_size=2, max_size=40
)


def table(*looks: Any) -> FrameTable:
    return table_of([seen(one) for one in looks])


def worked() -> FrameTable:
    """Five smoke frames, one of them not drawn, and four clear ones; threshold .5."""
    return table(
        smoke("s1", 0.9),
        smoke("s2", 0.6, "b"),
        smoke("s3", 0.8, "b", in_place=False),
        smoke("s4", 0.4, "c"),
        look("s5", "c", smoke=True, boxes=None, found=[(ON_IT, 0.7)]),
        clear("n1", 0.75),
        clear("n2", 0.3, "b"),
        clear("n3", 0.1, "b"),
        look("n4", "c"),
    )


def test_localised_recall_counts_drawn_smoke_found_in_place_above_the_threshold() -> None:
    # Drawn: s1 to s4. In place and above .5: s1 and s2. s3 lies beside, s4 is below, s5 is not drawn.
    assert localised_recall(worked(), 0.5) == 2 / 4
    assert localised_recall(worked(), 0.4) == 3 / 4
    assert localised_recall(worked(), 0.95) == 0.0


def test_specificity_counts_clear_frames_that_no_box_flags() -> None:
    assert specificity(worked(), 0.5) == 3 / 4
    assert specificity(worked(), 0.1) == 1 / 4
    assert specificity(worked(), 0.75) == 3 / 4, "a frame at the threshold is flagged"


def test_recall_and_f1_count_whole_frames_wherever_the_box_lies() -> None:
    assert recall(worked(), 0.5) == 4 / 5
    assert f1(worked(), 0.5) == pytest.approx(2 * 4 / (2 * 4 + 1 + 1))


def test_average_precision_of_boxes_by_hand() -> None:
    # Right: 0.9 (overlap above .5). 0.8 is right too; then a second box on the same plume and one beside it are wrong.
    near = (102.0, 101.0, 199.0, 149.0)
    one = look("s1", smoke=True, boxes=[PLUME], found=[(near, 0.9), (PLUME, 0.7), (BESIDE_IT, 0.2)])
    two = look("s2", "b", smoke=True, boxes=[PLUME, BESIDE_IT], found=[(PLUME, 0.8)])
    assert matches(one).tolist() == [True, False, False]
    # Three true boxes; ranks: right, right, wrong, wrong: 1/3 * 1 + 1/3 * 1.
    assert measures_at(0.5)["ap50"](table(one, two)) == pytest.approx(2 / 3)


def test_smoke_that_nobody_has_drawn_counts_neither_for_nor_against_boxes() -> None:
    drawn = smoke("s1", 0.5)
    open_ = look("s2", smoke=True, boxes=None, found=[(BESIDE_IT, 0.9)])
    for name in ("ap50", "localised_recall", "peak_in_box"):
        both, alone = (measures_at(0.3)[name](table(*looks)) for looks in ([drawn, open_], [drawn]))
        assert both == alone, name


@pytest.mark.parametrize(
    ("middle", "plain", "widened"),
    [((150, 125), True, True), ((205, 125), False, True), ((211, 125), False, False), ((150, 155.5), False, False)],
)
def test_a_box_widened_by_a_fifth_reaches_a_tenth_further_on_each_side(
    middle: tuple[float, float], plain: object, widened: object
) -> None:
    x, y = middle
    box = np.array([x - 5, y - 5, x + 5, y + 5])
    truth = np.array([PLUME], np.float32)
    assert middle_is_within(box, truth, 0.0) is plain
    assert middle_is_within(box, truth) is widened


def test_only_the_best_box_says_where_the_smoke_is() -> None:
    second = look("s", smoke=True, boxes=[PLUME], found=[(BESIDE_IT, 0.9), (ON_IT, 0.8)])
    assert peak_in_box([second]) == 0.0
    assert localised_recall(table(second), 0.5) == measures.localised_recall([second], 0.5) == 0.0


def test_localised_recall_of_looks_is_that_of_the_table() -> None:
    looks = [smoke("s1", 0.9), smoke("s2", 0.5, in_place=False), look("s3", smoke=True, boxes=[PLUME], found=[])]
    undrawn = look("s4", smoke=True, boxes=None, found=[(ON_IT, 0.9)])
    for threshold in (0.3, 0.9, 0.95):
        expected = localised_recall(table(*looks), threshold)
        assert measures.localised_recall([*looks, undrawn], threshold) == expected
    assert measures.localised_recall(looks, 0.9) == pytest.approx(1 / 3)
    assert np.isnan(measures.localised_recall([undrawn], 0.5))


def test_localised_recall_at_a_false_rate_by_hand() -> None:
    looks = [
        *(clear(f"n{number}", number / 10) for number in range(10)),
        smoke("s1", 0.85),
        smoke("s2", 0.8),
        smoke("s3", 0.95, in_place=False),
    ]
    # One clear frame of ten may pass: what lies above .8 counts, .8 itself does not.
    assert localised_at_false_rate(looks, 0.10) == pytest.approx(1 / 3)
    assert localised_at_false_rate(looks, 0.25) == pytest.approx(2 / 3)
    assert localised_at_false_rate(looks, 1.0) == pytest.approx(2 / 3)
    assert np.isnan(localised_at_false_rate(looks[10:], 0.10))


def test_recall_at_five_percent_false_by_hand() -> None:
    # Of twenty clear frames one may be flagged: the limit is the second highest, .80.
    truth = np.array([True] * 4 + [False] * 20)
    scores = np.array([0.95, 0.81, 0.80, 0.10, 0.90, 0.80, *[0.05] * 18])
    assert recall_at_false_rate_of(truth, scores, 0.05) == 2 / 4


@given(SCORES)
def test_ranking_measures_agree_with_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    truth, scores = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    if truth.any() and not truth.all():
        assert auroc_of(truth, scores) == pytest.approx(roc_auc_score(truth, scores))
        frames = table(*[(smoke if t else clear)(f"{i:03}", s) for i, (t, s) in enumerate(pairs)])
        assert f1(frames, 0.5) == pytest.approx(f1_score(truth, scores >= 0.5))
    if truth.any():
        assert average_precision_of(truth, scores) == pytest.approx(average_precision_score(truth, scores))


@given(SCORES, st.randoms())
def test_no_figure_depends_on_the_order_of_the_frames(pairs: list[tuple[bool, float]], randomness: Any) -> None:
    looks = [(smoke if t else clear)(f"{i:03}", s, "abc"[i % 3]) for i, (t, s) in enumerate(pairs)]
    shuffled = looks.copy()
    randomness.shuffle(shuffled)
    for name, measure in measures_at(0.5).items():
        assert measure(table(*looks)) == pytest.approx(measure(table(*shuffled)), nan_ok=True), name


@given(SCORES)
def test_every_measure_is_a_share_or_undefined(pairs: list[tuple[bool, float]]) -> None:
    frames = table(*[(smoke if t else clear)(f"{i:03}", s) for i, (t, s) in enumerate(pairs)])
    for name, measure in measures_at(0.5).items():
        value = measure(frames)
        assert math.isnan(value) or 0.0 <= value <= 1.0, name


def test_a_perfect_detector_has_one_everywhere() -> None:
    found = [look(f"s{i}", "ab"[i % 2], smoke=True, boxes=[PLUME], found=[(PLUME, 0.9)]) for i in range(6)]
    passed = [look(f"n{i}", "ab"[i % 2]) for i in range(6)]
    for name, measure in measures_at(0.5).items():
        assert measure(table(*found, *passed)) == 1.0, name


def test_what_cannot_be_counted_is_undefined_not_nought() -> None:
    no_smoke, no_clear = table(clear("n", 0.2)), table(smoke("s", 0.2))
    at = measures_at(0.5)
    for name in ("localised_recall", "recall", "f1", "auroc", "average_precision", "ap50", "peak_in_box"):
        assert math.isnan(at[name](no_smoke)), name
    for name in ("specificity", "auroc", "recall_at_5_percent_false"):
        assert math.isnan(at[name](no_clear)), name


def test_no_frames_are_refused() -> None:
    with pytest.raises(InvalidValue, match="at least one frame"):
        table_of([])


def test_baselines_are_what_the_shares_of_frames_say() -> None:
    middle = (600.0, 320.0, 700.0, 400.0)
    looks = [smoke("s1", 0.2), look("s2", smoke=True, boxes=[middle]), clear("n1", 0.9), clear("n2", 0.9)]
    always, never = baselines_of([seen(one) for one in looks]).values()
    assert always["recall"] == 1.0
    assert always["specificity"] == 0.0
    assert always["f1"] == pytest.approx(2 * 2 / (2 * 2 + 2))
    assert always["auroc"] == never["auroc"] == 0.5
    assert always["localised_recall"] == 0.5, "the middle of the frame lies in one of the two plumes"
    assert (never["recall"], never["specificity"], never["localised_recall"]) == (0.0, 1.0, 0.0)


def test_strata_add_up_and_a_plume_is_sized_in_pixels_of_the_input() -> None:
    sides = (20.0, 24.9, 25.0, 39.0, 40.0, 99.0, 100.0, 400.0)
    looks = [
        look(f"s{i}", smoke=True, boxes=[(0, 0, 2 * side, side)], found=[((0, 0, 2 * side, side), 0.9)])
        for i, side in enumerate(sides)
    ]
    report = report_frames([seen(one, scale=0.5) for one in [*looks, clear("n", 0.9)]], 0.5, draws=2)
    sizes = report.strata["size"]
    assert [(name, row["drawn"]) for name, row in sizes.items()] == [
        ("under 25 px", 2),
        ("25 to 40 px", 2),
        ("40 to 100 px", 2),
        ("over 100 px", 2),
    ]
    for respect in ("brightness", "contrast", "haze", "camera", "source"):
        rows = report.strata[respect].values()
        assert sum(int(str(row["drawn"])) for row in rows) == len(sides), respect
        assert sum(int(str(row["clear"])) for row in rows) == 1, respect
    assert "distance" not in report.strata, "no frame's distance is known"


def test_a_camera_with_a_third_of_the_frames_is_left_out_once() -> None:
    looks = [smoke(f"a{i}", 0.9, "a") for i in range(4)] + [smoke("b", 0.1, "b"), clear("c", 0.1, "c")]
    report = report_frames([seen(one) for one in looks], 0.5, draws=5)
    assert report.figures["localised_recall"].value == 4 / 5
    assert list(report.without) == ["a"]
    assert report.without["a"]["localised_recall"].value == 0.0
    named = report_frames([seen(one) for one in looks], 0.5, leave_out=["b", "nobody"], draws=5)
    assert named.without["b"]["localised_recall"].value == 1.0
    assert "nobody" not in named.without
