"""Packs the smoke model into what is built from a checkout; an sdist carries it already."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ModelHook(BuildHookInterface):  # type: ignore[type-arg]  # the builder's configuration is of no interest here
    """Adds ``models/smoke`` of the checkout as ``firewatch_edge/model``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to pack; an editable install reads them where they are."""
        folder = Path(self.root).parent / "models" / "smoke"
        if version == "editable" or not (folder / "model.toml").is_file():
            return
        for name in ("model.toml", *_networks(folder / "model.toml")):
            build_data["force_include"][str(folder / name)] = f"firewatch_edge/model/{name}"


def _networks(sheet: Path) -> list[str]:
    """Return the files that a model names: the detector and, where it has them, its int8 form and the verifier."""
    told = tomllib.loads(sheet.read_text(encoding="utf-8"))
    return [told["file"], *(told[part]["file"] for part in ("int8", "temporal") if part in told)]
