"""The training file, read and checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.training.network import KINDS
from models.training.run import Optimiser
from models.training.samples import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Kinds of frames: real ones, and made ones by how they were made. `made_smoke` and `made_clear` are all made ones.
REAL_POOLS = ("real_smoke", "real_clear", "empty_clear", "sequence_clear")
MADE_POOLS = ("scene_smoke", "scene_clear", "composite_smoke", "composite_clear", "moved_smoke", "hard_negative")
ALL_MADE_POOLS = ("made_smoke", "made_clear")
# A bureau's own, of models.finetune.
LABEL_POOLS = ("label_smoke", "label_clear")
POOLS = REAL_POOLS + MADE_POOLS + ALL_MADE_POOLS + LABEL_POOLS
# The network's strides divide these.
GRAIN = 32


@dataclass(frozen=True, slots=True)
class Mining:
    """When places without smoke that score high are looked for, and how many are kept.

    Parameters
    ----------
    every_steps : int
        0: never.
    frames : int
        Clear frames of each pool that are looked at each time, drawn anew.
    keep : int
        Places of each pool that windows are aimed at until the next time.
    """

    every_steps: int = 0
    frames: int = 200
    keep: int = 100


@dataclass(frozen=True, slots=True)
class Pretraining:
    """The first steps of a run, with shares of their own: on made frames alone, say.

    Parameters
    ----------
    steps : int
        0: none.
    shares : dict of str to float
    """

    steps: int = 0
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a training run depends on."""

    seed: int
    real: Path
    made: tuple[Path, ...]
    recipe: Recipe
    shares: dict[str, float]
    optimiser: Optimiser
    watch_every_steps: int
    watch_input: tuple[int, int]
    kind: str = "nano"
    start_weights: Path | None = None
    mining: Mining = Mining()
    workers: int = 1
    pretraining: Pretraining = Pretraining()
    # Cameras with one of these in their name are left out of every pool, to be measured on later.
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse unknown pools and kinds, pools that hold the same frames, and sizes that the strides do not divide."""
        for shares in (self.shares, self.pretraining.shares):
            _check_shares(shares)
        if self.kind not in KINDS:
            text = f"[network] kind is {self.kind!r}; allowed are {', '.join(KINDS)}"
            raise ValueError(text)
        if self.recipe.mined_share and not self.mining.every_steps:
            text = "[recipe] mined_share is set, but [mining] every_steps is 0: nothing would be mined"
            raise ValueError(text)
        for name, size in (("recipe.size", self.recipe.size), ("watch.input", self.watch_input)):
            if size[0] % GRAIN or size[1] % GRAIN:
                text = f"{name} is {size}; both must be multiples of {GRAIN}"
                raise ValueError(text)

    def shares_at(self, done: int) -> dict[str, float]:
        """Return the pools' shares of the next step after so many."""
        shares = self.pretraining.shares if done < self.pretraining.steps else self.shares
        return {kind: share for kind, share in shares.items() if share > 0}


def _check_shares(shares: Mapping[str, float]) -> None:
    if unknown := set(shares) - set(POOLS):
        text = f"shares name {', '.join(sorted(unknown))}; allowed are {', '.join(POOLS)}"
        raise ValueError(text)
    if set(shares) & set(MADE_POOLS) and set(shares) & set(ALL_MADE_POOLS):
        text = f"shares name {', '.join(ALL_MADE_POOLS)} (all made frames) beside some kinds of them: name either"
        raise ValueError(text)


def read_settings(path: Path, steps: int | None = None, made: Sequence[Path] = (), seed: int | None = None) -> Settings:
    """Read a training file, with what is given in its place.

    Raises
    ------
    ValueError
        If a table or key is unknown or missing, or a value is not allowed.
    """
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        return _settings(raw, steps, made, seed)
    except (TypeError, KeyError) as err:
        text = f"{path} cannot be used: {err}; models/smoke/train.toml shows every key"
        raise ValueError(text) from err


def _settings(raw: dict[str, Any], steps: int | None, made: Sequence[Path], seed: int | None) -> Settings:
    optimiser = raw.pop("optimiser")
    watch = _only(raw.pop("watch"), "every_steps", "input")
    network = _only(raw.pop("network", {}), "kind")
    loading = _only(raw.pop("loading", {}), "workers")
    start = raw.pop("start_weights", None)
    rest = _only(raw, "seed", "real", "made", "recipe", "shares", "mining", "pretraining", "without")
    return Settings(
        seed=rest["seed"] if seed is None else seed,
        real=Path(rest["real"]),
        made=tuple(Path(folder) for folder in made or rest["made"]),
        recipe=Recipe(**_tuples(rest["recipe"])),
        shares=rest["shares"],
        optimiser=Optimiser(**_tuples(optimiser | ({"steps": steps} if steps else {}))),
        watch_every_steps=watch["every_steps"],
        watch_input=tuple(watch["input"]),
        kind=network.get("kind", "nano"),
        start_weights=None if start is None else Path(start),
        mining=Mining(**rest.get("mining", {})),
        workers=loading.get("workers", 1),
        pretraining=Pretraining(**rest.get("pretraining", {})),
        without=tuple(rest.get("without", ())),
    )


def _only(table: dict[str, Any], *allowed: str) -> dict[str, Any]:
    if unknown := set(table) - set(allowed):
        text = f"unknown key {', '.join(sorted(unknown))}; allowed here are {', '.join(allowed)}"
        raise TypeError(text)
    return table


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
