"""The centre's store as it stands, for commands that look into it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.adapters.store import Store
    from firewatch.config import CentralConfig

__all__ = ["existing_store"]

_SQLITE = "sqlite:///"


@contextmanager
def existing_store(config: CentralConfig, source: Path) -> Iterator[Store]:
    """Open the store that the settings name, and close it afterwards.

    Parameters
    ----------
    config : CentralConfig
        The settings.
    source : Path
        Their file, for the error.

    Raises
    ------
    ConfigError
        If the database's file is not there: a new one, empty, would answer that all is well.
    StoreError
        If the database cannot be used.
    """
    from firewatch.bootstrap import prepare_store
    from firewatch.config import read_database_secret

    url = config.store.url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        why = f"there is no {url.removeprefix(_SQLITE)}; is this the right settings file? `firewatch serve` makes it"
        raise ConfigError(str(source), "store.url", why)
    store = prepare_store(config, read_database_secret())
    try:
        yield store
    finally:
        store.close()
