"""What `init` and `doctor` say, in the language of whoever stands on the mast."""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LANGUAGES", "Language", "Words", "language_of"]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_FILES = {"zh": "zh-CN.json", "en": "en.json"}
# As the C library looks for them (setlocale(3)).
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environment: Mapping[str, str] | None = None) -> Language:
    """Return the language of the terminal: Chinese where the locale says so, else English."""
    known = os.environ if environment is None else environment
    locale = next((known[name] for name in _VARIABLES if known.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


class Words:
    """Texts by key.

    Parameters
    ----------
    language : {"zh", "en"}
        Which.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = _load(language)

    def __call__(self, key: str, **facts: object) -> str:
        """Return a text with its facts filled in; a key that does not exist is an error of ours."""
        return self._texts[key].format(**facts)

    def perhaps(self, key: str, **facts: object) -> str:
        """Return a text, or "" where there is none."""
        return self(key, **facts) if key in self._texts else ""


@cache
def _load(language: Language) -> dict[str, str]:
    path = files("firewatch_edge.cli") / "texts" / _FILES[language]
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts
