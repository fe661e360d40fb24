"""The day's FWI by other scales, each with its scheme's name: beside the Chinese grade, never in its place."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from firewatch.web.danger_schemas import BesideOut, IndexClassOut, LocalRankOut

if TYPE_CHECKING:
    from firewatch.danger.index_classes import IndexLimits
    from firewatch.domain.danger import DangerRating
    from firewatch.services.danger_views import ClassBoard, IndexClass, LocalRank
    from firewatch.web.words import Speaker

__all__ = ["beside_out"]

_SURELY_LESS = 100.0


def beside_out(board: ClassBoard, rating: DangerRating, speaker: Speaker) -> BesideOut:
    """Return the day by each agency's table, and its rank in the station's record."""
    classes = [_class_out(one, speaker) for one in board.classes(rating)]
    return BesideOut(classes=classes, rank=_rank_out(board.rank(rating), speaker))


def _class_out(one: IndexClass, speaker: Speaker) -> IndexClassOut:
    texts, provenance = speaker.texts, one.limits.provenance
    return IndexClassOut(
        scheme=one.table.scheme,
        name=texts.pick(zh=one.table.name_zh, en=one.table.name_en),
        index=one.limits.index.value.upper(),
        value=round(one.value, 1),
        key=one.danger_class.key,
        words=texts.pick(zh=one.danger_class.name_zh, en=one.danger_class.name_en),
        colour=one.danger_class.colour,
        limits=_span(one.limits, one.danger_class.key),
        source=texts.text(provenance.mark.text_key),
        is_unconfirmed=provenance.mark.is_to_be_confirmed,
    )


def _span(limits: IndexLimits, key: str) -> str:
    """Return the limits of a class, as ``21.3 - 38``."""
    place = limits.classes.index(key)
    ends = list(pairwise((None, *limits.limits, None)))[place]
    low, high = ("" if end is None else f"{end:g}" for end in ends)
    if not low:
        return f"< {high}"
    return f"{low}–{high}" if high else f"≥ {low}"  # noqa: RUF001 - a range


def _rank_out(rank: LocalRank, speaker: Speaker) -> LocalRankOut:
    texts = speaker.texts
    if rank.rank_pct is None:
        words = texts.text("danger.rank.short", seasons=rank.seasons, needed=rank.needed)
    else:
        # The highest of a record is no certainty that none was higher.
        shown = f"{rank.rank_pct:.0f}" if rank.rank_pct < _SURELY_LESS else ">99"
        words = texts.text("danger.rank", rank=shown, first=rank.first_year, last=rank.last_year, seasons=rank.seasons)
    pct = None if rank.rank_pct is None else round(rank.rank_pct, 1)
    return LocalRankOut(rank_pct=pct, seasons=rank.seasons, needed=rank.needed, words=words)
