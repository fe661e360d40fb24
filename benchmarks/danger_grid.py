"""The FWI System over 200 x 200 cells and 365 days: our two engines, beside xclim and a copy of the arrays in memory.

`python benchmarks/danger_grid.py --peer-python PATH --rounds 3` (an environment with xclim; about 8 minutes on two idle
cores) prints tables. Each measurement is a process of its own: it reads the same arrays, warms up on a small part
(compilation), and then times whole runs: the first one, whose outputs lie in memory that the process never had; the
next ones into fresh arrays, of memory that it gave back before; and for ours runs into the same arrays again. The cases
take turns, and the table holds medians. Memory is the process's peak beyond inputs, outputs and what was loaded before.
Rates are in million cell-days a second of wall time; beside them of processor time, for one thread, which another
program on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Arrays = dict[str, npt.NDArray[Any]]
    Work = Callable[..., Arrays]

_DAYS, _ROWS, _COLUMNS = 365, 200, 200
_NAMES = ("temp", "rh", "wind", "rain")
_SIX = ("ffmc", "dmc", "dc", "isi", "bui", "fwi")
_RUNS = 4  # the first one apart
_LONG = 4_000_000
_MANY = 16_384


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: who, in which precision, on how many threads."""

    who: str
    kind: str
    threads: int


def make_inputs(folder: Path) -> None:
    """Write a year of noon weather of both kinds: three days in ten with rain, each cell for itself."""
    rng = np.random.default_rng(1)
    shape = (_DAYS, _ROWS, _COLUMNS)
    weather = {
        "temp": rng.uniform(5.0, 35.0, shape),
        "rh": rng.uniform(20.0, 95.0, shape),
        "wind": rng.uniform(0.0, 40.0, shape),
        "rain": np.where(rng.uniform(size=shape) < 0.3, rng.gamma(1.0, 8.0, shape), 0.0),  # noqa: PLR2004
    }
    for name, values in weather.items():
        for kind in ("float64", "float32"):
            np.save(folder / f"{name}.{kind}.npy", values.astype(kind))


def latitudes() -> npt.NDArray[np.float64]:
    """Return the latitude of each row: all tables of the day length occur."""
    return np.linspace(-44.0, 56.0, _ROWS)


def ours(weather: Arrays, engine: str, threads: int) -> Work:
    """Return what computes the six by one of our engines."""
    from firewatch.danger import CodeArrays, DayLengthBands, Engine, FfmcFamily, FwiMethod, GridDays, run_grid

    days = weather["temp"].shape[0]
    months = _stamps(days).astype("datetime64[M]").astype(np.int64) % 12 + 1
    given = GridDays(*(weather[name] for name in _NAMES), latitudes()[:, None], months)
    start = CodeArrays(*(np.asarray(code) for code in (85.0, 6.0, 15.0)))
    method = FwiMethod(FfmcFamily.CLASSIC, DayLengthBands.XCLIM)

    def run(into: Arrays | None = None) -> Arrays:
        with ThreadPoolExecutor(threads) as pool:
            wanted = _SIX if into is None else into
            return dict(run_grid(start, given, method, wanted=wanted, engine=Engine(engine), each=pool.map).outputs)

    return run


def xclim(weather: Arrays) -> Work:
    """Return what computes the six by xclim."""
    import xarray as xr
    from xclim.indices import cffwis_indices

    coords = {"time": _stamps(weather["temp"].shape[0]).astype("datetime64[ns]"), "lat": latitudes()}
    units = {"temp": "degC", "rh": "%", "wind": "km/h", "rain": "mm/d"}
    dims = ("time", "lat", "lon")
    given = {n: xr.DataArray(weather[n], dims=dims, coords=coords, attrs={"units": units[n]}) for n in _NAMES}
    lat = given["temp"].lat.assign_attrs(units="degrees_north")

    def run(_into: Arrays | None = None) -> Arrays:
        dc, dmc, ffmc, isi, bui, fwi = cffwis_indices(given["temp"], given["rain"], given["wind"], given["rh"], lat)
        return dict(zip(_SIX, (x.to_numpy() for x in (ffmc, dmc, dc, isi, bui, fwi)), strict=True))

    return run


def copy(weather: Arrays) -> Work:
    """Return what reads the inputs and writes as many arrays as there are outputs: the floor."""

    def run(into: Arrays | None = None) -> Arrays:
        if into is None:
            return {name: weather[_NAMES[i % 4]].copy() for i, name in enumerate(_SIX)}
        for i, name in enumerate(_SIX):
            np.copyto(into[name], weather[_NAMES[i % 4]])
        return into

    return run


def work_of(case: Case, weather: Arrays) -> Work:
    """Return the work of a case."""
    if case.who in {"compiled", "numpy"}:
        return ours(weather, case.who, case.threads)
    return xclim(weather) if case.who == "xclim" else copy(weather)


def measure_here(case: Case, folder: Path) -> dict[str, Any]:
    """Measure one case in this process."""
    weather = {name: np.load(folder / f"{name}.{case.kind}.npy") for name in _NAMES}
    begin = time.perf_counter()
    work_of(case, {name: np.ascontiguousarray(values[:2]) for name, values in weather.items()})()
    warm_up_s = time.perf_counter() - begin
    work = work_of(case, weather)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    fresh, reused = [], []
    for _ in range(_RUNS):
        found: Arrays = {}  # the last run's outputs go before the next one's come
        second, found = timed(work)
        fresh.append(second)
    beyond = _memory("VmHWM") - before - sum(values.nbytes for values in found.values())
    if case.who != "xclim":
        reused = [timed(work, found)[0] for _ in range(_RUNS - 1)]
    fwi = found["fwi"]
    np.save(folder / f"fwi.{case.who}.{case.kind}.npy", fwi if fwi.shape[0] == _DAYS else np.moveaxis(fwi, -1, 0))
    return {"first": fresh[:1], "fresh": fresh[1:], "reused": reused, "beyond": beyond, "warm_up": warm_up_s}


def timed(work: Work, *into: Arrays) -> tuple[tuple[float, float], Arrays]:
    """Run the work; return its seconds of wall and of processor time, and what it gives."""
    begin, cpu_begin = time.perf_counter(), time.process_time()
    found = work(*into)
    return (time.perf_counter() - begin, time.process_time() - cpu_begin), found


def _memory(field: str) -> int:
    """Return a field of this process's status [bytes]."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


def _stamps(days: int) -> npt.NDArray[np.datetime64]:
    return np.datetime64("2025-01-01", "D") + np.arange(days)


def measure_apart(case: Case, folder: Path, peer: Path | None) -> dict[str, Any]:
    """Measure one case in a process of its own."""
    python = str(peer) if case.who == "xclim" else sys.executable
    arguments = [case.who, case.kind, str(case.threads), str(folder)]
    done = subprocess.run([python, __file__, "--one", *arguments], check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_all(folder: Path, peer: Path | None, rounds: int) -> dict[Case, list[dict[str, Any]]]:
    """Measure all cases, which take turns."""
    cases = [
        Case(who, kind, threads)
        for kind in ("float64", "float32")
        for who in ("compiled", "numpy")
        for threads in (1, 2)
    ]
    cases += [Case("copy", kind, 1) for kind in ("float64", "float32")]
    if peer is not None:
        cases += [Case("xclim", kind, 1) for kind in ("float64", "float32")]
    measured: dict[Case, list[dict[str, Any]]] = {case: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            measured[case].append(measure_apart(case, folder, peer))
            print(f"round {number + 1}: {case}", file=sys.stderr, flush=True)
    return measured


def print_table(measured: dict[Case, list[dict[str, Any]]]) -> None:
    """Print the medians as a table."""
    print("| who | kind | threads | fresh outputs | same outputs again | first run | MB beyond | first call s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for case, results in measured.items():
        rates = " | ".join(_rate(case, results, which) for which in ("fresh", "reused", "first"))
        beyond = median(result["beyond"] for result in results) / 1e6
        warm = min(result["warm_up"] for result in results)
        print(f"| {case.who} | {case.kind} | {case.threads} | {rates} | {beyond:.0f} | {warm:.1f} |")


def _rate(case: Case, results: list[dict[str, Any]], which: str) -> str:
    """Return the median rate of wall time and, for one thread, of processor time."""
    seconds = [pair for result in results for pair in result[which]]
    if not seconds:
        return ""
    wall, cpu = (median(_DAYS * _ROWS * _COLUMNS / 1e6 / pair[i] for pair in seconds) for i in (0, 1))
    return f"{wall:.1f} (cpu {cpu:.1f})" if case.threads == 1 else f"{wall:.1f}"


def print_limits() -> None:
    """Print what the kernel's arithmetic costs, piece by piece: nanoseconds of processor time, the best of many."""
    from firewatch.danger.kernel import exponentials, logarithms

    print("| kind | exponential ns | logarithm ns | dry cell-day ns | of it exponentials and logarithms | wet |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind in ("float64", "float32"):
        numbers = np.linspace(0.5, 4.0, _MANY).astype(kind)
        exp, log = (_best_ns(partial(function, numbers), _MANY) for function in (exponentials, logarithms))
        dry, wet = (_kernel_ns(kind, rain_mm) for rain_mm in (0.0, 8.0))
        # 13 exponentials and 7 logarithms a dry cell-day of the six: see the kernel.
        share = (13 * exp + 7 * log) / dry
        print(f"| {kind} | {exp:.2f} | {log:.2f} | {dry:.1f} | {share:.0%} | {wet:.1f} |")


def _kernel_ns(kind: str, rain_mm: float) -> float:
    """Return what a cell-day costs where it rains everywhere, or nowhere, into the same outputs again."""
    rng = np.random.default_rng(2)
    shape = (_LONG // (_ROWS * 200), _ROWS, 200)
    spans = {"temp": (5.0, 35.0), "rh": (20.0, 95.0), "wind": (0.0, 40.0), "rain": (rain_mm, rain_mm)}
    work = ours({name: rng.uniform(*span, shape).astype(kind) for name, span in spans.items()}, "compiled", 1)
    into = work()
    return _best_ns(partial(work, into), into["fwi"].size)


def _best_ns(work: Callable[[], Any], count: int) -> float:
    def once() -> float:
        begin = time.process_time()
        work()
        return time.process_time() - begin

    return min(once() for _ in range(9)) / count * 1e9


def print_differences(folder: Path) -> None:
    """Print how far the FWI of each is from that of our NumPy engine in float64."""
    reference = np.load(folder / "fwi.numpy.float64.npy")
    for path in sorted(folder.glob("fwi.*.npy")):
        if ".copy." not in path.name:
            difference = np.abs(np.load(path) - reference)
            relative = difference / np.maximum(np.abs(reference), 1.0)
            print(f"{path.stem}: FWI within {difference.max():.1e}, relative {relative.max():.1e} of numpy float64")


def main() -> int:
    """Measure and print; with `--one`, measure one case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", type=Path, metavar="PATH", help="Python of an environment with xclim")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limits", action="store_true", help="only what the kernel's arithmetic costs (20 s)")
    parser.add_argument("--one", nargs=4, metavar=("WHO", "KIND", "THREADS", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        who, kind, threads, folder = args.one
        print(json.dumps(measure_here(Case(who, kind, int(threads)), Path(folder))))
        return 0
    if args.limits:
        print_limits()
        return 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        make_inputs(Path(name))
        measured = measure_all(Path(name), args.peer_python, args.rounds)
        print_table(measured)
        print()
        print_limits()
        print()
        print_differences(Path(name))
    print(f"{(time.monotonic() - begin) / 60.0:.0f} minutes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
