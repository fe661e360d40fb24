"""Checkpoints: written whole or not at all, read without running anything that lies in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from firewatch.adapters.whole_file import writing_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint beside the wanted file, then give it its name.

    Parameters
    ----------
    path : Path
    state : mapping
        Tensors, numbers, strings, and lists and mappings of them: what `read_checkpoint` takes.
    """
    with writing_whole(path) as stream:
        torch.save(dict(state), stream)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint into the memory of the processor.

    Raises
    ------
    ValueError
        If the file is no checkpoint.
    """
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except (RuntimeError, EOFError, ValueError, OSError, KeyError) as err:
        text = f"{path} cannot be read as a checkpoint ({err}); take another one, or begin a new run"
        raise ValueError(text) from err
    return state
