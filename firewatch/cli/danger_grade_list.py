"""What `firewatch danger grade --list` prints, and the page of danger classes shows: every table, with its sources."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from firewatch.adapters.class_tables import SHIPPED_CLASSES, load_class_table
from firewatch.adapters.danger_tables import SHIPPED_TABLES, htz_classes, load_danger_table
from firewatch.danger.class_tables import EmptyTable, HtzTable, LimitSide
from firewatch.danger.index_classes import ClassTable
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.danger.index_classes import DangerClass, IndexLimits, Provenance
    from firewatch.danger.percentiles import PercentileScheme

__all__ = ["listing"]


def listing() -> str:
    """Return all shipped tables as Markdown: names, limits, classes, sources, and what is to be confirmed."""
    sections: list[str] = []
    for name in SHIPPED_TABLES:
        table = load_danger_table(name)
        if isinstance(table, EmptyTable):
            sections.append(f"### {name}\n\n{table.scheme}. **To be confirmed / 待核**: rates nothing; {table.why}.\n")
        if isinstance(table, HtzTable):
            sections.append("\n".join(_limits_section(htz_classes(name, table))))
    sections.extend("\n".join(_section(load_class_table(name))) for name in SHIPPED_CLASSES)
    return "\n".join(sections)


def _section(table: ClassTable | PercentileScheme) -> Iterator[str]:
    return _limits_section(table) if isinstance(table, ClassTable) else _percentile_section(table)


def _limits_section(table: ClassTable) -> Iterator[str]:
    yield from _head(table)
    by_key = {one.key: one for one in table.classes}
    for limits in table.indices:
        yield f"| {limits.index.value} | class | 等级 | key | colour |"
        yield "| --- | --- | --- | --- | --- |"
        for span, key in zip(_spans(limits), limits.classes, strict=True):
            yield f"| {span} | {_cells(by_key[key])} |"
        yield ""
        yield _source(limits.provenance)
        yield ""


def _percentile_section(scheme: PercentileScheme) -> Iterator[str]:
    yield from _head(scheme)
    yield f"| percentile of {scheme.index.value} | class | 等级 | key | colour |"
    yield "| --- | --- | --- | --- | --- |"
    ends = ("0", *(f"{percentile:g}" for percentile in scheme.percentiles), "100")
    for (low, high), one in zip(pairwise(ends), scheme.classes, strict=True):
        yield f"| {low} to {high} | {_cells(one)} |"
    yield ""
    yield _source(scheme.provenance)
    yield ""


def _head(table: ClassTable | PercentileScheme) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    yield f"{table.scheme}: {table.name_en} / {table.name_zh}."
    yield ""


def _cells(one: DangerClass) -> str:
    return f"{one.name_en} | {one.name_zh} | `{one.key}` | {one.colour} under {one.text_colour}"


def _spans(limits: IndexLimits) -> Iterator[str]:
    below, above = ("up to", "above") if limits.limit_in is LimitSide.LOWER else ("below", "from")
    numbers = [f"{limit:g}" for limit in limits.limits]
    yield f"{below} {numbers[0]}"
    for low, high in pairwise(numbers):
        yield f"{above} {low}, {below} {high}"
    yield f"{above} {numbers[-1]}"


def _source(provenance: Provenance) -> str:
    mark = catalogue(Language.EN).text(provenance.mark.text_key)
    mark_zh = catalogue(Language.ZH_CN).text(provenance.mark.text_key)
    read = f" Read on {provenance.read_on}." if provenance.read_on else ""
    return f"Source: {provenance.source}.{read} **{mark} / {mark_zh}.**"
