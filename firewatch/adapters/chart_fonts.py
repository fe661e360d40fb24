"""A font for the words of a picture: matplotlib's own, or one of this machine with Chinese characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["font_for"]

# With Chinese characters, the nicest first; those of Windows and macOS among them.
_CHINESE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC"),
    *(
        "WenQuanYi Micro Hei",
        "WenQuanYi Zen Hei",
        "SimHei",
        "Hiragino Sans GB",
        "STHeiti",
        "Noto Serif CJK SC",
        "SimSun",
    ),
    *("Noto Sans CJK JP", "Noto Sans CJK TC", "AR PL UMing CN", "Arial Unicode MS"),
)
_FIRST_CJK = 0x2E80
_OWN_FONT = "DejaVu Sans"  # comes with matplotlib


def font_for(characters: set[str], others: Sequence[str] = _CHINESE_FONTS) -> str:
    """Return a font of this machine that has all the characters: boxes in their place would tell nobody anything.

    Raises
    ------
    InvalidValue
        If there is none.
    """
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    installed = {entry.name for entry in fontManager.ttflist}
    for name in (_OWN_FONT, *(font for font in others if font in installed)):
        known = get_font(fontManager.findfont(FontProperties(family=name))).get_charmap()
        if all(ord(character) in known for character in characters):
            return name
    lacking = "".join(sorted(character for character in characters if ord(character) >= _FIRST_CJK))[:12]
    how = "an installed font with these characters (Debian, Ubuntu: apt install fonts-noto-cjk), or --lang en"
    raise InvalidValue("characters of the chart", lacking, how)
