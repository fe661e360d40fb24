"""Runs `firewatch` as ``python -m firewatch``."""

from __future__ import annotations

import sys

from firewatch.cli import main

if __name__ == "__main__":
    sys.exit(main())
