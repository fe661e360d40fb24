"""Kinds of values that several sections of the settings share, and passwords from the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from firewatch.domain.ids import SLUG_PATTERN
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EnvironmentName", "Frames", "Probability", "Slug", "password_from"]

Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Frames = Annotated[int, Meta(ge=1, le=100)]
EnvironmentName = Annotated[str, Meta(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")]


def password_from(key: str, variable: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a password from an environment variable; empty where no variable is named.

    Raises
    ------
    ConfigError
        If the variable is named and not set.
    """
    if not variable:
        return ""
    try:
        return (os.environ if environment is None else environment)[variable]
    except KeyError as err:
        raise ConfigError("environment", key, f"the variable {variable} is not set; set it to the password") from err
