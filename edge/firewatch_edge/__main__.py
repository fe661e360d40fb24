"""Run the command line: ``python -m firewatch_edge``."""

from __future__ import annotations

import sys

from firewatch_edge.cli import main

if __name__ == "__main__":
    sys.exit(main())
