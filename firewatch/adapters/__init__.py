"""One file for each outside thing; each fulfils one port.

An adapter is imported from its file: the package itself loads none, so that a weather table does not load the database.
"""

from __future__ import annotations

# Before any adapter: xarray's plug-ins load ecCodes, which brings an SQLite of 2018, and a program that had not yet
# loaded its own would get that one. The store needs a newer one.
import sqlite3  # noqa: F401

__all__: list[str] = []
