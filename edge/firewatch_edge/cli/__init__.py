"""The command line of the node."""

from __future__ import annotations

from firewatch_edge.cli.main import main

__all__ = ["main"]
