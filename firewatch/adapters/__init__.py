"""One file for each outside thing; each fulfils one port.

An adapter is imported from its file: the package itself loads none, so that a weather table does not load the database.
"""

from __future__ import annotations

__all__: list[str] = []
