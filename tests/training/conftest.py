"""Tests of what needs PyTorch, which no tower and no centre has: without it they are left out, and that is said."""

from __future__ import annotations

from importlib.util import find_spec

# Left out, not skipped: `make test` never needs the dependency group `train`; `make test-training` installs it.
collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]
