"""Classes by agencies' limits: what is published, on the limits too; what is missing is never a class."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from firewatch.adapters.class_tables import SHIPPED_CLASSES, load_class_table
from firewatch.danger import (
    NO_CLASS,
    ClassTable,
    DangerClass,
    DangerIndex,
    IndexLimits,
    LimitSide,
    PercentileScheme,
    Provenance,
    SourceMark,
    classify,
    classify_all,
)
from firewatch.danger.index_classes import contrast
from firewatch.errors import InvalidValue
from firewatch.texts import Language, catalogue

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden" / "danger_class_limits.csv"
TABLES = [table for name in SHIPPED_CLASSES if isinstance(table := load_class_table(name), ClassTable)]
CASES = [(table, limits) for table in TABLES for limits in table.indices]
SOURCE = Provenance("a made-up table of this test", SourceMark.OWN_CHOICE)
GREEN, RED = (
    DangerClass("low", "低", "low", "#1b7837", "#ffffff"),
    DangerClass("high", "高", "high", "#c62828", "#ffffff"),
)
FWI_10 = IndexLimits(DangerIndex.FWI, (10.0,), ("low", "high"), LimitSide.UPPER, SOURCE)
MADE_UP = ClassTable("ours", "Ours", "我们", "ours", (GREEN, RED), (FWI_10,))


def effis() -> ClassTable:
    return next(table for table in TABLES if table.name == "effis")


def published() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8") as stream:
        return list(csv.DictReader(line for line in stream if not line.startswith("#")))


def test_the_golden_file_has_every_table_and_every_class_of_limits_to_one_side() -> None:
    rows = published()
    assert {row["table"] for row in rows} == {table.name for table in TABLES}
    assert len(rows) > 80


@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row['table']}-{row['index']}-{row['value']}")
def test_a_value_has_the_class_that_is_published_for_it(row: dict[str, str]) -> None:
    table = next(table for table in TABLES if table.name == row["table"])
    assert classify(float(row["value"]), table, DangerIndex(row["index"])).keys() == [row["class"]]


@pytest.mark.shared
def test_the_limits_are_those_of_the_source_read(shared_data: Path) -> None:
    read = yaml.safe_load((shared_data / "danger" / "tables" / "danger_classes.yaml").read_text("utf-8"))
    for name, entry in (("effis", "effis_europe"), ("canada", "canada"), ("indonesia", "indonesia")):
        limits = next(table for table in TABLES if table.name == name).limits_of(DangerIndex.FWI)
        classes = [key.replace("_", "-") for key in read[entry]["fwi"]]
        assert list(limits.classes) == classes
        uppers = [span[1] for span in read[entry]["fwi"].values() if span[1] is not None]
        assert list(limits.limits) == uppers
    portugal = next(table for table in TABLES if table.name == "portugal").limits_of(DangerIndex.FWI)
    assert list(portugal.limits) == list(read["portugal"]["fwi_limits"].values())


@pytest.mark.parametrize(("table", "limits"), CASES, ids=lambda one: getattr(one, "name", None) or one.index.value)
@given(values=st.lists(st.floats(0.0, 2000.0), min_size=2, max_size=20))
def test_a_higher_value_never_has_a_lesser_class_or_where_danger_falls_a_greater_one(
    table: ClassTable, limits: IndexLimits, values: list[float]
) -> None:
    ordered = sorted(min(value, limits.index.high) for value in values)
    ranks = classify(ordered, table, limits.index).ranks
    steps = np.diff(ranks)
    assert (steps <= 0 if limits.index.is_worse_when_low else steps >= 0).all()
    assert (ranks != NO_CLASS).all()


@pytest.mark.parametrize(("table", "limits"), CASES, ids=lambda one: getattr(one, "name", None) or one.index.value)
def test_what_is_no_value_has_no_class(table: ClassTable, limits: IndexLimits) -> None:
    classified = classify([np.nan, np.inf, -np.inf, -9999.0], table, limits.index)
    assert classified.ranks.tolist() == [NO_CLASS] * 4
    assert classified.keys() == [""] * 4


def test_an_ffmc_above_its_scale_has_no_class() -> None:
    assert classify([101.0, 101.1], effis(), DangerIndex.FFMC).keys() == ["very-high", ""]


@given(st.lists(st.floats(0, 100) | st.just(float("nan")), min_size=1, max_size=30))
def test_an_array_gives_what_its_values_give_one_by_one(values: list[float]) -> None:
    alone = [classify(value, effis(), DangerIndex.FWI).ranks.item() for value in values]
    assert classify(values, effis(), DangerIndex.FWI).ranks.tolist() == alone


def test_a_grid_keeps_its_shape() -> None:
    assert classify(np.zeros((2, 3, 4)), effis(), DangerIndex.FWI).ranks.shape == (2, 3, 4)
    assert classify(np.zeros((0,)), effis(), DangerIndex.FWI).keys() == []


@given(st.floats(0.1, 69.9), st.floats(0.0, 1.0, exclude_max=True))
def test_the_limits_part_as_their_side_says(limit: float, below: float) -> None:
    for side, on in ((LimitSide.UPPER, "high"), (LimitSide.LOWER, "low")):
        table = replace(MADE_UP, indices=(replace(FWI_10, limits=(limit,), limit_in=side),))
        values = [limit * below, limit, limit * 1.01]
        assert classify(values, table, DangerIndex.FWI).keys() == ["low", on, "high"]


def test_agencies_stand_side_by_side_where_they_and_the_values_have_an_index() -> None:
    values = {DangerIndex.FWI: [12.0, np.nan], DangerIndex.DC: [300.0, 800.0]}
    told = {(one.table.name, one.index.value): one.keys() for one in classify_all(values, TABLES)}
    assert told["effis", "fwi"] == ["moderate", ""]
    assert told["asean", "fwi"] == ["high", ""]
    assert told["effis", "dc"] == ["low", "very-high"]
    assert told["minnesota", "dc"] == ["very-high", "extreme"]
    assert ("canada", "dc") not in told
    assert ("effis", "ffmc") not in told


def test_an_index_without_limits_is_refused() -> None:
    with pytest.raises(InvalidValue, match="fwi"):
        classify(3.0, MADE_UP, DangerIndex.DC)


@pytest.mark.parametrize("name", SHIPPED_CLASSES)
def test_every_class_can_be_read_on_its_colour_and_has_two_names(name: str) -> None:
    table = load_class_table(name)
    for one in table.classes:
        assert contrast(one.colour, one.text_colour) >= 4.5
        assert one.name_zh.strip() != one.name_en.strip()
    for key in ("name_zh", "name_en"):
        names = [getattr(one, key) for one in table.classes]
        assert len(set(names)) == len(names)
    assert len({one.colour for one in table.classes}) == len(table.classes)


def test_contrast_is_that_of_the_guideline() -> None:
    # WCAG 2.1: black on white is 21 to 1, a colour on itself 1 to 1; #777777 on white just misses AA with 4.48.
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#123456", "#123456") == 1.0
    assert contrast("#777777", "#ffffff") == contrast("#ffffff", "#777777") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("mark", SourceMark)
def test_every_mark_has_its_words_and_one_source_is_to_be_confirmed(mark: SourceMark) -> None:
    assert mark.is_to_be_confirmed is (mark is SourceMark.ONE_SOURCE)
    assert mark.is_to_be_confirmed is ("待核" in catalogue(Language.ZH_CN).text(mark.text_key))


def test_every_shipped_table_says_where_it_is_from_and_when_it_was_read() -> None:
    for name in SHIPPED_CLASSES:
        table = load_class_table(name)
        sources = [table.provenance] if isinstance(table, PercentileScheme) else [o.provenance for o in table.indices]
        for provenance in sources:
            assert len(provenance.source) > 20
            assert provenance.read_on >= "2026-01-01"


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"limits": ()}, "ascending"),
        ({"limits": (10.0, 10.0), "classes": ("low", "high", "high")}, "ascending"),
        ({"limits": (20.0, 10.0), "classes": ("low", "high", "high")}, "ascending"),
        ({"limits": (float("nan"),)}, "finite"),
        ({"limits": (float("inf"),)}, "finite"),
        ({"limits": (-1.0,)}, "0 to inf"),
        ({"index": DangerIndex.FFMC, "limits": (102.0,)}, "0 to 101"),
        ({"classes": ("low",)}, "one more than limits"),
    ],
)
def test_limits_that_cannot_be_are_refused(changed: dict[str, object], allowed: str) -> None:
    with pytest.raises(InvalidValue, match=allowed):
        replace(FWI_10, **changed)


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"name": "Our Table"}, "underscores"),
        ({"scheme": " "}, "characters"),
        ({"classes": (GREEN,)}, "2 to 20"),
        ({"classes": (GREEN, GREEN)}, "each key once"),
        ({"indices": ()}, "at least one"),
        ({"indices": (FWI_10, FWI_10)}, "each once"),
        ({"indices": (replace(FWI_10, classes=("low", "worse")),)}, "one of low, high"),
        ({"indices": (replace(FWI_10, classes=("high", "low")),)}, "least dangerous"),
        (
            {"indices": (replace(FWI_10, index=DangerIndex.ANGSTROEM, limits=(2.0,)),)},
            "most dangerous",
        ),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(changed: dict[str, object], allowed: str) -> None:
    with pytest.raises(InvalidValue, match=allowed):
        replace(MADE_UP, **changed)


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"key": "Very High"}, "hyphens"),
        ({"name_zh": ""}, "characters"),
        ({"name_en": ""}, "characters"),
        ({"colour": "green"}, "hexadecimal"),
        ({"text_colour": "#FFF"}, "hexadecimal"),
        ({"colour": "#ffffff", "text_colour": "#777777"}, "WCAG"),
    ],
)
def test_a_class_that_cannot_be_shown_is_refused(changed: dict[str, str], allowed: str) -> None:
    with pytest.raises(InvalidValue, match=allowed):
        replace(GREEN, **changed)


def test_limits_without_a_source_are_refused() -> None:
    with pytest.raises(InvalidValue, match="source"):
        Provenance("  ", SourceMark.ONE_SOURCE)
