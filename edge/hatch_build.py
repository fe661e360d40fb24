"""Packs the smoke model into what is built from a checkout; an sdist carries it already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FILES = ("model.toml", "smoke.onnx")


class ModelHook(BuildHookInterface):  # type: ignore[type-arg]  # the builder's configuration is of no interest here
    """Adds ``models/smoke`` of the checkout as ``firewatch_edge/model``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to pack; an editable install reads them where they are."""
        folder = Path(self.root).parent / "models" / "smoke"
        if version == "editable" or not all((folder / name).is_file() for name in _FILES):
            return
        for name in _FILES:
            build_data["force_include"][str(folder / name)] = f"firewatch_edge/model/{name}"
