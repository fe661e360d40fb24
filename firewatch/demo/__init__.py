"""The demo: a simulated stretch of forest around the real programs. Its terrain, towns and weather are nobody's.

A part is imported from its file: the package itself loads none, so that the simulated phone does not load the renderer.
"""

from __future__ import annotations

__all__: list[str] = []
