"""`firewatch danger grid`: whole grids in, whole results out or none, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from grids import dataset, run_grid_command, write_netcdf

from firewatch.adapters.grid_files import open_grid
from firewatch.cli import danger_grid
from firewatch.danger import Engine, GapPolicy
from firewatch.danger.grid import OUTPUTS

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> xr.Dataset:
    with xr.open_zarr(path) if path.suffix == ".zarr" else xr.open_dataset(path) as opened:
        return opened.load()


def test_the_choices_are_the_librarys() -> None:
    assert danger_grid.OUTPUTS == OUTPUTS
    assert sorted(danger_grid.ENGINES) == sorted(engine.value for engine in Engine)
    assert danger_grid.GAPS[1] == GapPolicy.LAST_READING_DRY.value


def test_netcdf_and_zarr_and_threads_give_the_same(tmp_path: Path) -> None:
    given = write_netcdf(tmp_path / "in.nc")
    dataset().to_zarr(tmp_path / "in.zarr", zarr_format=2)
    assert run_grid_command(given, tmp_path / "a.nc") == 0
    assert run_grid_command(tmp_path / "in.zarr", tmp_path / "b.zarr", "--threads", "1") == 0
    first, second = read(tmp_path / "a.nc"), read(tmp_path / "b.zarr")
    assert list(first.data_vars) == list(OUTPUTS)
    for name in OUTPUTS:
        assert np.array_equal(first[name], second[name]), name
        assert first[name].attrs["units"] == "1"
    assert first.attrs["method"] == "cffdrs/cffdrs"
    assert first.attrs["history"].endswith("firewatch danger grid in.nc a.nc")
    assert first.attrs["engine"] == "compiled float64"


def test_going_on_equals_one_long_run(tmp_path: Path) -> None:
    whole = dataset(25)
    write_netcdf(tmp_path / "whole.nc", whole)
    write_netcdf(tmp_path / "first.nc", whole.isel(time=slice(0, 10)))
    write_netcdf(tmp_path / "rest.nc", whole.isel(time=slice(10, None)))
    for kind in ((), ("--float32",), ("--engine", "numpy"), ("--engine", "numpy", "--float32")):
        assert run_grid_command(tmp_path / "whole.nc", tmp_path / "all.nc", *kind) == 0
        assert run_grid_command(tmp_path / "first.nc", tmp_path / "early.nc", *kind) == 0
        again = ("--continue", tmp_path / "early.nc", *kind)
        assert run_grid_command(tmp_path / "rest.nc", tmp_path / "late.nc", *again) == 0
        late, everything = read(tmp_path / "late.nc"), read(tmp_path / "all.nc")
        for name in OUTPUTS:
            assert np.array_equal(late[name], everything[name][10:]), (name, kind)
            assert late[name].dtype == (np.float32 if "--float32" in kind else np.float64)


def test_choices_are_followed(tmp_path: Path) -> None:
    given = write_netcdf(tmp_path / "in.nc", dataset().rename(tas="T2").drop_attrs(deep=False))
    renamed = dataset()
    del renamed["tas"].attrs["standard_name"]
    write_netcdf(tmp_path / "named.nc", renamed.rename(tas="T2"))
    options = ("--var", "temp=T2", "--start", "80,20,300", "--constants", "classic", "--day-length", "north")
    out = tmp_path / "out.nc"
    assert run_grid_command(tmp_path / "named.nc", out, *options, "--indices", "fwi,dc") == 0
    found = read(out)
    assert list(found.data_vars) == ["fwi", "dc"]
    assert found.attrs["method"] == "classic/north"
    assert float(found.dc[0].max()) > 200.0
    assert run_grid_command(given, out, *options) == 0


def test_a_mean_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = dataset()
    given["tas"].attrs["cell_methods"] = "time: mean"
    assert run_grid_command(write_netcdf(tmp_path / "in.nc", given), tmp_path / "out.nc") == 0
    assert "note: tas is a mean over time" in capsys.readouterr().err


def hotter(given: xr.Dataset) -> xr.Dataset:
    given["tas"][4, 2, 1] = 700.0
    return given


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (hotter, (), "in.nc: temperature (deg C) on 2026-02-24 at lat=7.5 lon=110.0 is"),
        (lambda given: given.drop_vars("pr"), (), "no variable for precipitation"),
        (lambda given: given.isel(time=[0, 2]), (), "days must be consecutive"),
        (lambda given: given, ("--var", "temp=none"), "no variable none"),
        (lambda given: given, ("--map", "map.pdf"), "ends in .png or .svg"),
        (lambda given: given, ("--map", "none/map.png"), "its folder does not exist"),
        (lambda given: given, ("--map", "map.png", "--indices", "dc"), "fwi among them"),
        (lambda given: given, ("--continue", "none.nc"), "does not exist"),
    ],
)
def test_what_is_refused_writes_nothing(
    change: Any, options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write_netcdf(tmp_path / "in.nc", change(dataset()))
    at = [str(tmp_path / each) if each.endswith((".pdf", ".png", "none.nc")) else each for each in options]
    assert run_grid_command(given, tmp_path / "out.nc", *at) == 1
    assert words in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.nc"]


@pytest.mark.parametrize(
    "options",
    [
        ("--threads", "0"),
        ("--threads", "many"),
        ("--indices", "fwi,fire"),
        ("--var", "snow=x"),
        ("--var", "temp"),
        ("--utc-offset", "x"),
        ("--utc-offset", "20"),
        ("--start", "1,2"),
    ],
)
def test_options_that_cannot_be_are_usage_errors(options: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        run_grid_command(tmp_path / "in.nc", tmp_path / "out.nc", *options)
    assert end.value.code == 2


def test_without_the_libraries_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    assert run_grid_command(tmp_path / "in.nc", tmp_path / "out.nc") == 1
    assert "firewatch[grid]" in capsys.readouterr().err


def test_a_map_without_its_library_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "firewatch.adapters.danger_map", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    given = write_netcdf(tmp_path / "in.nc")
    assert run_grid_command(given, tmp_path / "out.nc", "--map", tmp_path / "map.png") == 1
    assert "firewatch[plot]" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.nc"]


@pytest.mark.parametrize("name", ["map.png", "map.svg"])
def test_the_last_day_is_drawn(name: str, tmp_path: Path) -> None:
    given = dataset()
    given["tas"][5:, 0, 0] = np.nan
    write_netcdf(tmp_path / "in.nc", given)
    assert run_grid_command(tmp_path / "in.nc", tmp_path / "out.nc", "--map", tmp_path / name) == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in.nc", name, "out.nc"]
    begin = (tmp_path / name).read_bytes()[:200]
    assert begin.startswith(b"\x89PNG") if name.endswith("png") else b"<svg" in begin or b"<?xml" in begin


def test_any_code_is_drawn_by_any_agency_s_classes_in_either_language(tmp_path: Path) -> None:
    given = write_netcdf(tmp_path / "in.nc")
    drawn = set()
    for options in (
        ("--classes", "effis", "--lang", "en"),
        ("--classes", "effis", "--lang", "en", "--map-index", "dc"),
        ("--classes", "canada", "--lang", "en"),
    ):
        assert run_grid_command(given, tmp_path / "out.nc", "--map", tmp_path / "a.svg", *options) == 0
        drawn.add((tmp_path / "a.svg").read_bytes())
    assert len(drawn) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--classes", "nowhere.toml"), "cannot be read"),
        (("--classes", "local_percentiles"), "percentiles need a station's own record"),
        (("--map-index", "dsr"), "index for effis"),
        (("--map-index", "dc", "--indices", "fwi"), "dc among them"),
    ],
)
def test_a_map_that_cannot_be_is_refused_before_anything_is_written(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write_netcdf(tmp_path / "in.nc")
    assert run_grid_command(given, tmp_path / "out.nc", "--map", tmp_path / "map.png", *options) == 1
    assert words in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.nc"]


def test_without_a_chinese_font_the_map_is_english_unless_chinese_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from firewatch.adapters import danger_map

    whole = danger_map.font_for
    monkeypatch.setattr(danger_map, "font_for", lambda characters: whole(characters, ()))
    given, at = write_netcdf(tmp_path / "in.nc"), tmp_path / "map.svg"
    assert run_grid_command(given, tmp_path / "out.nc", "--map", at, "--lang", "zh") == 1
    assert "apt install fonts-noto-cjk" in capsys.readouterr().err
    assert not at.exists()
    assert run_grid_command(given, tmp_path / "out.nc", "--map", at) == 0
    assert "the map is in English" in capsys.readouterr().err
    assert at.exists()


@pytest.mark.parametrize("suffix", ["nc", "zarr"])
def test_gaps_are_filled_where_that_is_asked_for_and_the_file_says_so(suffix: str, tmp_path: Path) -> None:
    given = dataset()
    given["sfcWind"][5:7, 1, 1] = np.nan
    given["sfcWind"][0, 2, 2] = np.nan
    write_netcdf(tmp_path / "in.nc", given)
    out = tmp_path / f"out.{suffix}"
    assert run_grid_command(tmp_path / "in.nc", out, "--gaps", "last-reading-dry") == 0
    with open_grid(out) as found:
        assert found.attrs["gaps"] == "last-reading-dry"
        assert found.estimated.dtype == np.int8
        assert int(found.estimated.sum()) == 2
        assert not np.isnan(found.fwi.isel(lat=1, lon=1)).any()
        assert np.isnan(found.fwi.isel(lat=2, lon=2)).all()  # nothing is known before the first reading


def test_a_long_run_shows_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(danger_grid._Progress, "_WAIT_S", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    given = write_netcdf(tmp_path / "in.nc")
    assert run_grid_command(given, tmp_path / "out.nc") == 0
    told = capsys.readouterr().err
    assert "out.nc: " in told
    assert " %" in told
    assert told.endswith("\r\x1b[K")


# A child that may not hold the grid: it computes it all the same, and loading it whole fails.
_BOUNDED = """
import resource, sys
from pathlib import Path
import numpy as np
from grids import run_grid_command
folder, allowed = Path(sys.argv[1]), int(sys.argv[2])
assert run_grid_command(folder / "small.nc", folder / "warm.zarr") == 0  # libraries and kernel are loaded
lines = Path("/proc/self/status").read_text().splitlines()
held = next(int(line.split()[1]) for line in lines if line.startswith("VmData")) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (held + allowed, held + allowed))
assert run_grid_command(folder / "in.zarr", folder / "out.zarr") == 0
try:
    kept = [np.ones(365 * 160 * 160) for _ in range(11)]
except MemoryError:
    print("too large at once")
"""


def write_large(path: Path, days: int, rows: int) -> None:
    """Write a grid piece by piece, in float32, in chunks of whole days."""
    import dask.array as da

    rng = da.random.default_rng(1)
    arrays = {
        "tas": (270.0, 312.0, "K", "air_temperature"),
        "hurs": (10.0, 100.0, "%", "relative_humidity"),
        "sfcWind": (0.0, 15.0, "m s-1", "wind_speed"),
        "pr": (0.0, 4.0, "mm", "precipitation_amount"),
    }
    place = dataset(1, rows, rows)
    coords = {"time": np.datetime64("2025-01-01", "ns") + np.arange(days) * np.timedelta64(1, "D")}
    given = xr.Dataset(coords=coords | {"lat": place.lat, "lon": place.lon})
    for name, (low, high, units, standard) in arrays.items():
        values = rng.uniform(low, high, (days, rows, rows), chunks=(days, 8, rows)).astype(np.float32)
        given[name] = (("time", "lat", "lon"), values, {"units": units, "standard_name": standard})
    given.to_zarr(path, zarr_format=2)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of a process's data is Linux's")
def test_a_grid_larger_than_the_memory_allowed_is_computed(tmp_path: Path) -> None:
    rows, days, allowed = 160, 365, 400_000_000
    assert 11 * 8 * days * rows * rows > 2 * allowed  # four inputs and seven outputs in float64
    write_large(tmp_path / "in.zarr", days, rows)
    write_netcdf(tmp_path / "small.nc")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_BOUNDED), str(tmp_path), str(allowed)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=str(tmp_path),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "too large at once"
    some = slice(37, 39)
    with xr.open_zarr(tmp_path / "out.zarr") as out, xr.open_zarr(tmp_path / "in.zarr") as whole:
        found = out.fwi[:, some, some].load()
        write_netcdf(tmp_path / "part.nc", whole.isel(lat=some, lon=some).load().drop_encoding())
    assert run_grid_command(tmp_path / "part.nc", tmp_path / "part.zarr") == 0
    assert np.array_equal(found, read(tmp_path / "part.zarr").fwi)


def test_a_map_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", fail)
    given = write_netcdf(tmp_path / "in.nc")
    assert run_grid_command(given, tmp_path / "out.nc", "--map", tmp_path / "map.png") == 1
    assert "No space left" in capsys.readouterr().err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in.nc", "out.nc"]
