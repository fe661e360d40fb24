"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the shared measuring data; skip where it is absent (users do not have it)."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared measuring data are not beside this checkout")
    return SHARED_DATA
