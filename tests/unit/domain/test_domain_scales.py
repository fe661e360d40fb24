"""The wall between the trade's scales, and the grade of a fire by the law's three numbers."""

from __future__ import annotations

import itertools
import operator
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.scales import (
    DangerGrade,
    FireSizeGrade,
    ResponseLevel,
    Scale,
    SightingConfidence,
    WarningSignal,
    fire_size,
)
from firewatch.errors import InvalidValue
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
SCALES: tuple[type[Scale], ...] = (DangerGrade, WarningSignal, ResponseLevel, FireSizeGrade)
ONE_OF_EACH = (
    DangerGrade.LOW,
    WarningSignal.RED,
    ResponseLevel.I,
    FireSizeGrade.GENERAL,
    SightingConfidence(0.5),
)
SIGNS = (operator.lt, operator.le, operator.gt, operator.ge)


@pytest.mark.parametrize(("left", "right"), list(itertools.permutations(ONE_OF_EACH, 2)), ids=str)
def test_two_scales_are_neither_equal_nor_unequal_nor_ordered(left: object, right: object) -> None:
    for sign in (*SIGNS, operator.eq, operator.ne):
        with pytest.raises(TypeError, match="scale"):
            sign(left, right)


@pytest.mark.parametrize("level", ONE_OF_EACH, ids=str)
@pytest.mark.parametrize("number", [1, 3.0, 0.5, True])
def test_no_scale_compares_with_a_number_or_turns_into_one(level: object, number: float) -> None:
    for sign in (*SIGNS, operator.eq, operator.ne):
        with pytest.raises(TypeError):
            sign(level, number)
    for turn in (int, float, operator.index, range):
        with pytest.raises(TypeError, match="text_key"):
            turn(level)
    with pytest.raises((TypeError, ValueError)):
        f"{level:d}"


@pytest.mark.parametrize("scale", SCALES)
def test_no_scale_is_ordered_by_a_sign(scale: type[Scale]) -> None:
    first, second, *_ = scale
    for sign in SIGNS:
        with pytest.raises(TypeError, match="is_worse_than"):
            sign(first, second)
    with pytest.raises(TypeError):
        max(scale)


@pytest.mark.parametrize("scale", SCALES)
def test_within_a_scale_the_later_member_is_the_worse(scale: type[Scale]) -> None:
    members = list(scale)
    for (at, one), (where, other) in itertools.product(enumerate(members), repeat=2):
        assert one.is_worse_than(other) is (at > where)
        assert (one == other) is (at == where)
    assert len({*members}) == len(members)


def test_the_worst_of_each_scale_is_the_one_that_the_law_names() -> None:
    worst = {scale: max(scale, key=lambda level: level.severity) for scale in SCALES}
    assert list(worst.values()) == [
        DangerGrade.EXTREME,
        WarningSignal.RED,
        ResponseLevel.I,
        FireSizeGrade.ESPECIALLY_MAJOR,
    ]
    assert WarningSignal.RED.is_worse_than(WarningSignal.ORANGE)
    assert ResponseLevel.I.is_worse_than(ResponseLevel.II)


@pytest.mark.parametrize(("left", "right"), list(itertools.permutations(ONE_OF_EACH, 2)), ids=str)
def test_asking_which_of_two_scales_is_worse_is_refused(left: object, right: object) -> None:
    ask: Callable[[object], bool] = (
        left.is_likelier_than if isinstance(left, SightingConfidence) else left.is_worse_than  # type: ignore[attr-defined]
    )
    with pytest.raises(TypeError, match="opposite"):
        ask(right)


def test_a_level_is_unlike_what_is_no_level_at_all() -> None:
    assert DangerGrade.LOW != "low"
    assert DangerGrade.HIGH is not None
    assert SightingConfidence(0.5) not in (None, "0.5")
    assert SightingConfidence(0.5) == SightingConfidence(0.5)
    assert len({SightingConfidence(0.5), SightingConfidence(0.5), SightingConfidence(0.6)}) == 2
    assert pickle.loads(pickle.dumps(DangerGrade.HIGH)) is DangerGrade.HIGH  # noqa: S301 - our own bytes


def test_a_confidence_is_a_likelihood_and_no_level() -> None:
    assert SightingConfidence(0.9).is_likelier_than(SightingConfidence(0.2))
    assert SightingConfidence(0.874).percent == 87
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(InvalidValue, match="probability"):
            SightingConfidence(wrong)


def test_what_is_stored_stays_as_it_was() -> None:
    assert [grade.value for grade in DangerGrade] == [1, 2, 3, 4, 5]
    assert [signal.value for signal in WarningSignal] == ["blue", "yellow", "orange", "red"]
    assert DangerGrade(4) is DangerGrade.HIGH


@pytest.mark.parametrize("language", Language)
def test_every_level_has_a_text_of_its_own_that_is_no_bare_number(language: Language) -> None:
    words = catalogue(language)
    keys = [level.text_key for scale in SCALES for level in scale]  # type: ignore[attr-defined]
    keys += [signal.level_key for signal in WarningSignal]
    told = [words.text(key) for key in keys]
    assert len(set(told)) == len(told)
    assert not [text for text in told if text.strip("0123456789 ") == ""]
    confidence = SightingConfidence(0.3)
    assert "30" in words.text(confidence.text_key, percent=confidence.percent)


def test_the_type_checker_refuses_what_would_mix_scales(tmp_path: Path) -> None:
    lines = (
        "DangerGrade.LOW < DangerGrade.HIGH",
        "DangerGrade.LOW > WarningSignal.RED",
        "DangerGrade.LOW == WarningSignal.RED",
        "DangerGrade.LOW == 1",
        "int(DangerGrade.LOW)",
        "DangerGrade.LOW.is_worse_than(WarningSignal.RED)",
        "grade: DangerGrade = ResponseLevel.I",
        "SightingConfidence(0.5).is_likelier_than(FireSizeGrade.MAJOR)",
        "SightingConfidence(0.5) > 0.4",
    )
    names = "DangerGrade, FireSizeGrade, ResponseLevel, SightingConfidence, WarningSignal"
    mixing = tmp_path / "mixing.py"
    mixing.write_text(f"from firewatch.domain.scales import {names}\n" + "\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "--no-error-summary"]
    told = subprocess.run([*command, str(mixing)], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    refused = {int(line.split(":")[1]) for line in told.stdout.splitlines() if ": error:" in line}
    assert refused == set(range(2, len(lines) + 2)), told.stdout + told.stderr


@pytest.mark.parametrize(
    ("grade", "least", "most"),
    # 森林防火条例, art. 40: damaged forest [ha], dead, seriously hurt; "以上" includes, "以下" excludes.
    [
        (FireSizeGrade.GENERAL, (0.0, 0, 0), (0.999999, 2, 9)),
        (FireSizeGrade.LARGER, (1.0, 3, 10), (99.999999, 9, 49)),
        (FireSizeGrade.MAJOR, (100.0, 10, 50), (999.999999, 29, 99)),
        (FireSizeGrade.ESPECIALLY_MAJOR, (1000.0, 30, 100), (1e6, 10_000, 100_000)),
    ],
)
def test_a_fire_is_graded_by_each_number_of_the_law_up_to_its_limits(
    grade: FireSizeGrade, least: tuple[float, int, int], most: tuple[float, int, int]
) -> None:
    for area_ha, dead, hurt in (least, most):
        assert fire_size(area_ha, 0, 0) is grade
        assert fire_size(0.0, dead, 0) is grade
        assert fire_size(0.0, 0, hurt) is grade


@given(st.floats(0, 5000), st.integers(0, 60), st.integers(0, 200))
def test_the_worst_of_the_three_counts(area_ha: float, dead: int, hurt: int) -> None:
    alone = [fire_size(area_ha, 0, 0), fire_size(0.0, dead, 0), fire_size(0.0, 0, hurt)]
    assert fire_size(area_ha, dead, hurt) is max(alone, key=lambda grade: grade.severity)


@pytest.mark.parametrize("wrong", [(-1.0, 0, 0), (float("nan"), 0, 0), (0.0, -1, 0), (0.0, 0, -1)])
def test_a_fire_without_its_numbers_has_no_grade(wrong: tuple[float, int, int]) -> None:
    with pytest.raises(InvalidValue):
        fire_size(*wrong)
