"""One catalogue of words for pages, messages and reports: zh-CN.json and en.json, flat keys with dots."""

from firewatch.texts.catalogue import Catalogue, Language, catalogue

__all__ = ["Catalogue", "Language", "catalogue"]
