"""How the documentation is built: Sphinx with MyST and furo, without the network."""  # noqa: INP001 - Sphinx's own file

from __future__ import annotations

project = "firewatch"
author = "the firewatch maintainers"
copyright = "2026, the firewatch maintainers"  # noqa: A001 - Sphinx's name
language = "en"

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["schemas", "build"]
suppress_warnings: list[str] = []

html_theme = "furo"
html_title = "firewatch"
