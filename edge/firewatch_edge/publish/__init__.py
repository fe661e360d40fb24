"""From the node to the centre: nothing is lost between a decision and a receipt."""

from __future__ import annotations

from firewatch_edge.publish.port import Publisher

__all__ = ["Publisher"]
