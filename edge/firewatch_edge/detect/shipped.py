"""Where the model lies that came with the program."""

from __future__ import annotations

from pathlib import Path

__all__ = ["shipped_model"]

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_model() -> Path:
    """Return the folder of the shipped model: inside the wheel, or ``models/smoke`` of a checkout."""
    packed = _PACKAGE / "model"
    return packed if (packed / "model.toml").is_file() else _PACKAGE.parents[1] / "models" / "smoke"
