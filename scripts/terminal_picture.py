"""Draws what stood on a terminal as an SVG, for the documentation."""

from __future__ import annotations

import re
import unicodedata
from html import escape

__all__ = ["draw_terminal"]

_COLUMNS = 118
_CELL_PX, _LINE_PX, _EDGE_PX, _FONT_PX = 7.8, 18, 14, 13
_FONTS = "DejaVu Sans Mono, Menlo, Consolas, Noto Sans Mono CJK SC, Noto Sans CJK SC, monospace"
_PLAIN, _DIM, _PAPER = "#d8dee9", "#8f9bb3", "#1f2430"
# The colour of a line's first word, and of lines that begin so.
_WORDS = {
    "ok": "#9ece6a",
    "正常": "#9ece6a",
    "warn": "#e0af68",
    "注意": "#e0af68",
    "FAIL": "#f7768e",
    "故障": "#f7768e",
}
_PROMPT = "#7aa2f7"
# Never at the beginning of a line.
_CLOSING = {"）", "。", "，", "；", "："}  # noqa: RUF001 - Chinese ones


def draw_terminal(text: str) -> str:
    """Return the SVG of a terminal; long lines are broken as a terminal breaks them."""
    lines = [part for line in text.rstrip().split("\n") for part in _broken(line.replace("\r", ""))]
    width = round(_COLUMNS * _CELL_PX + 2 * _EDGE_PX)
    height = len(lines) * _LINE_PX + 2 * _EDGE_PX
    rows = "\n".join(_row(number, line) for number, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="{_PAPER}"/>\n'
        f'<g font-family="{_FONTS}" font-size="{_FONT_PX}">\n{rows}\n</g>\n</svg>\n'
    )


def _row(number: int, line: str) -> str:
    y = _EDGE_PX + _LINE_PX * (number + 0.75)
    found = re.match(r"(ok|warn|FAIL|正常|注意|故障)(?=\s\s)", line)
    first = found[1] if found else ""
    colour = _PROMPT if line.startswith("$ ") else _DIM if line.startswith("      ") else _PLAIN
    spans = f'<tspan fill="{_WORDS[first]}">{escape(first)}</tspan>' if first else ""
    # Browsers join spaces within an SVG, whatever its style says.
    rest = escape(line[len(first) :]).replace(" ", "&#160;")
    return f'<text x="{_EDGE_PX}" y="{y:.1f}" fill="{colour}">{spans}{rest}</text>'


def _broken(line: str) -> list[str]:
    """Break a line between words where it has spaces, else (Chinese, an address) where it is full."""
    parts, current = [], ""
    for word in re.findall(r"\s*[^\s\u3000-\u9fff\uff00-\uffef]+|\s*.", line):
        if _columns(current + word) > _COLUMNS and word not in _CLOSING:
            parts.append(current)
            current, word = "      ", word.lstrip()  # noqa: PLW2901 - a line begins without the space before it
        current += word
    return [*parts, current]


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
