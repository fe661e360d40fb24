"""The danger surface is made once for each change of its ratings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from danger_example import ExampleDanger

from firewatch.danger.surface_priors import PRIORS
from firewatch.domain.sites import SiteMap
from firewatch.services.surface_board import SurfaceDrawing, SurfaceKeeper, axes_around
from firewatch.testing import FrozenClock, example_sites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.danger.kriging import FieldPrior
    from firewatch.danger.surface_grid import SurfaceGrid
    from firewatch.services.danger_views import DangerSurface

TODAY = date(2026, 4, 4)
DAY = timedelta(days=1)


@dataclass
class Drawn:
    """A keeper over the example's stations, and what was drawn."""

    parameters: Mapping[str, FieldPrior] = field(default_factory=dict)
    sites: SiteMap = field(default_factory=example_sites)

    def __post_init__(self) -> None:
        self.example = ExampleDanger(FrozenClock())
        self.grids: list[SurfaceGrid] = []
        self.keeper = SurfaceKeeper(
            self.sites, self.example.pages, SurfaceDrawing(self.draw, lambda _: b"areas"), self.parameters
        )

    def draw(self, grid: SurfaceGrid) -> bytes:
        self.grids.append(grid)
        return b"picture %d" % len(self.grids)

    def surface(self, day: date = TODAY) -> DangerSurface | None:
        return self.keeper.surface(day, self.example.clock.now())

    def rate_xidu(self) -> None:
        self.example.send(replace(self.example.reading("xidu", 0, 3.0)))
        self.example.keeper.step()


def test_the_surface_runs_near_the_value_of_each_station() -> None:
    drawn = Drawn()
    surface = drawn.surface()
    assert surface is not None
    assert (surface.day, surface.grid.stations, surface.forecasts) == (TODAY, 2, 0)
    axes = surface.grid.axes
    for danger in drawn.example.pages.dangers(TODAY, TODAY, drawn.example.clock.now()):
        rating, _ = danger.on(TODAY)
        if rating is None or rating.grade is None:
            continue
        place = next(one.position for one in drawn.sites.stations if one.station_id == danger.station_id)
        row, column = np.abs(axes.lat_deg - place.lat_deg).argmin(), np.abs(axes.lon_deg - place.lon_deg).argmin()
        assert rating.parts is not None
        # A station's own value has an error, too: the surface need not go through it, but near it.
        assert abs(surface.grid.value[row, column] - rating.parts.total) < 2.0 * PRIORS["htz"].noise


def test_it_is_made_once_however_many_ask_at_once() -> None:
    drawn = Drawn()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: drawn.surface(), range(12)))
    assert len(drawn.grids) == 1
    assert all(one is found[0] for one in found)


def test_a_new_rating_makes_it_anew_and_an_older_day_stays() -> None:
    drawn = Drawn()
    yesterday = drawn.surface(TODAY - DAY)
    before = drawn.surface()
    drawn.rate_xidu()
    after = drawn.surface()
    assert before is not None
    assert after is not None
    assert (before.grid.stations, after.grid.stations) == (2, 3)
    assert drawn.surface(TODAY - DAY) is yesterday


def test_a_day_to_come_is_made_of_forecasts_and_says_so() -> None:
    surface = Drawn().surface(TODAY + 2 * DAY)
    assert surface is not None
    assert (surface.grid.stations, surface.forecasts) == (2, 2)


def test_only_the_days_last_asked_for_are_kept() -> None:
    drawn = Drawn()
    for ago in range(10):
        drawn.surface(TODAY - ago * DAY)
    drawn.surface(TODAY - 9 * DAY)
    assert len(drawn.grids) == 10
    drawn.surface()
    assert len(drawn.grids) == 11


def test_without_a_rating_or_a_station_there_is_none() -> None:
    assert Drawn().surface(TODAY + 30 * DAY) is None
    assert Drawn(sites=SiteMap((), ())).surface() is None
    assert axes_around(SiteMap((), ())) is None


def test_the_grid_holds_every_tower_and_station() -> None:
    sites = example_sites()
    axes = axes_around(sites)
    assert axes is not None
    west, south, east, north = axes.box_deg
    for one in (*sites.towers, *sites.stations):
        assert west < one.position.lon_deg < east
        assert south < one.position.lat_deg < north
    assert max(axes.shape) == 96


def test_fitted_numbers_are_used() -> None:
    plain, fitted = Drawn().surface(), Drawn({"htz": replace(PRIORS["htz"], sigma=1.0)}).surface()
    assert plain is not None
    assert fitted is not None
    assert fitted.grid.sigma.mean() < plain.grid.sigma.mean()
