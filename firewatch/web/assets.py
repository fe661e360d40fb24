"""The built front end: which files a page needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["STATIC", "BuiltFiles", "built_files"]

STATIC = Path(__file__).parent / "static"
_MANIFEST = STATIC / ".vite" / "manifest.json"
_ENTRY = "src/main.tsx"


@dataclass(frozen=True, slots=True)
class BuiltFiles:
    """Addresses of the command centre's script and style sheets."""

    script: str
    styles: tuple[str, ...]


def built_files(manifest: Path = _MANIFEST) -> BuiltFiles | None:
    """Return what Vite built; None where it was not built."""
    if not manifest.is_file():
        return None
    entries = json.loads(manifest.read_text("utf-8"))
    entry = entries[_ENTRY]
    chunks = [entry, *(entries[name] for name in entry.get("imports", ()))]
    styles = dict.fromkeys(css for chunk in chunks for css in chunk.get("css", ()))
    return BuiltFiles(f"/static/{entry['file']}", tuple(f"/static/{css}" for css in styles))
