"""The training file, read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.training.run import Optimiser
from models.training.samples import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("real_smoke", "real_clear", "empty_clear", "sequence_clear", "made_smoke", "made_clear")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a training run depends on."""

    seed: int
    start_weights: Path
    real: Path
    made: tuple[Path, ...]
    recipe: Recipe
    shares: dict[str, float]
    optimiser: Optimiser
    watch_every_steps: int
    watch_input: tuple[int, int]
    workers: int = 1

    def __post_init__(self) -> None:
        """Refuse unknown pools and sizes that the network's strides do not divide."""
        unknown = set(self.shares) - set(KINDS)
        if unknown:
            text = f"[shares] names {', '.join(sorted(unknown))}; allowed are {', '.join(KINDS)}"
            raise ValueError(text)
        for name, size in (("recipe.size", self.recipe.size), ("watch.input", self.watch_input)):
            if size[0] % 32 or size[1] % 32:
                text = f"{name} is {size}; both must be multiples of 32"
                raise ValueError(text)


def read_settings(path: Path, steps: int | None = None, made: Sequence[Path] = (), seed: int | None = None) -> Settings:
    """Read a training file, with what is given in its place; an unknown key is refused."""
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    raw["made"] = tuple(Path(folder) for folder in made or raw["made"])
    raw["seed"] = raw["seed"] if seed is None else seed
    raw["optimiser"]["steps"] = steps or raw["optimiser"]["steps"]
    recipe = raw.pop("recipe")
    watch = raw.pop("watch")
    optimiser = raw.pop("optimiser")
    optimiser["frozen"] = tuple(optimiser.get("frozen", ()))
    for key in ("size", "scales"):
        recipe[key] = tuple(recipe[key])
    return Settings(
        recipe=Recipe(**recipe),
        optimiser=Optimiser(**optimiser),
        watch_every_steps=watch["every_steps"],
        watch_input=tuple(watch["input"]),
        **{key: Path(value) if key in ("start_weights", "real") else value for key, value in raw.items()},
    )
