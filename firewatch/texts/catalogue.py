"""Reading the catalogue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Catalogue", "Language", "catalogue"]


class Language(StrEnum):
    """A language that every text exists in; the value is its BCP 47 tag."""

    ZH_CN = "zh-CN"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts of one language.

    Parameters
    ----------
    language : Language
        Which.
    texts : mapping of str to str
        By key; ``{name}`` in a text is filled in.
    """

    language: Language
    texts: Mapping[str, str]

    def text(self, key: str, **facts: object) -> str:
        """Return a text with its facts filled in; raise `InvalidValue` for an unknown key or a missing fact."""
        try:
            return self.texts[key].format_map(facts)
        except KeyError as err:
            raise InvalidValue("text", key, f"a key of {self.language.value}.json with the facts it names") from err

    def has(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self.texts

    def pick(self, *, zh: str, en: str) -> str:
        """Return the one of two words that is in this language (names of places bring their own)."""
        return zh if self.language is Language.ZH_CN else en


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the catalogue of a language; it is read once."""
    text = files("firewatch.texts").joinpath(f"{language.value}.json").read_text("utf-8")
    return Catalogue(language, MappingProxyType(json.loads(text)))
