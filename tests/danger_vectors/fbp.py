"""The FBP System's vectors: the reference program as a whole, an older version of it, and a second program."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from danger_vectors.comparing import FULL, SINGLE, Compared, Digits, Vector, same
from danger_vectors.fbp_parts import PRINTED
from danger_vectors.reading import numbers, read_texts
from firewatch.danger import FfmcFamily
from firewatch.danger.fbp import FBP_OUTPUTS, FbpMethod, PerimeterForm, behaviour_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from danger_vectors.comparing import Column

__all__ = ["VECTORS", "standard_cases"]

OLDER = FbpMethod(FfmcFamily.CFFDRS_MIDDLE, PerimeterForm.CFFDRS)
# Which of the standard cases a file is of, and the fuel that all are given.
FILES: dict[str, tuple[slice, str | None]] = {
    **{f"fbp_0{number}": (slice(None), None) for number in range(1, 8)},
    "fbp_08": (slice(6, 7), None),
    "fbp_09": (slice(7, 13), None),
    "fbp_11": (slice(None), "NF"),
    "fbp_12": (slice(None), "WA"),
}


def standard_cases(folder: Path) -> dict[str, list[str]]:
    """Return the inputs of the reference program's own cases, beside a folder of its outputs."""
    return read_texts(folder.parent / "input" / "test_fbp.csv")


def columns_of(outputs: Mapping[str, npt.NDArray[Any]], wanted: Mapping[str, list[str]]) -> dict[str, Column]:
    """Return every output beside what a file has of it: numbers, or the kind of fire as a word."""
    columns = {}
    for name, texts in wanted.items():
        if name == "FD":
            columns[name] = same(outputs[name].tolist(), texts)
        elif name in FBP_OUTPUTS:
            columns[name] = (outputs[name].astype(float), numbers(texts))
    return columns


def _cases(path: Path) -> Compared:
    rows, fuel = FILES[path.stem]
    given = {column: texts[rows] for column, texts in standard_cases(path.parent).items()}
    if fuel:
        given["FuelType"] = [fuel] * len(given["FuelType"])
    return Compared(columns_of(behaviour_table(given), read_texts(path)))


def _full(accel: int | None, method: FbpMethod | None = None) -> Callable[[Path], Compared]:
    def compare(path: Path) -> Compared:
        given: dict[str, Any] = standard_cases(path.parent)
        if accel is not None:
            given["Accel"] = [accel] * 20
        return Compared(columns_of(behaviour_table(given, method=method), read_texts(path)))

    return compare


def _sweep(path: Path) -> Compared:
    """Compare random cases; three inputs share their names with outputs, which then end in ``_out``."""
    table = read_texts(path)
    shared = {name: table[name] for name in ("FFMC", "ISI", "D0")}
    outputs = behaviour_table({name: texts for name, texts in table.items() if name not in FBP_OUTPUTS} | shared)
    wanted = {name: table.get(f"{name}_out", table[name]) for name in FBP_OUTPUTS}
    return Compared(columns_of(outputs, wanted))


def four_digits(printed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return half a unit of the fourth digit."""
    with np.errstate(divide="ignore"):
        return np.where(printed == 0.0, 1e-12, 0.5000001 * 10.0 ** (np.floor(np.log10(np.abs(printed))) - 3.0))


def _second_program(path: Path) -> Compared:
    """Compare a second program; its C6 (cases 6, 19, 20) is another."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream))[2:]
    others = np.array([row[1] != "C6" for row in rows])
    outputs = behaviour_table(standard_cases(path.parents[1] / "cffdrs_r" / "expected"))
    columns = {
        name: (outputs[name][others].astype(float), numbers([row[column + 1] for row in rows])[others])
        for name, column in (("ROS", 18), ("HFI", 21), ("CFB", 24))
    }
    return Compared(columns, int((~others).sum()), "C6: this program's plantations are others")


def _report(path: Path) -> Compared:
    """Compare the cases that the report of 2009 prints; its program computes in single precision."""
    table = read_texts(path)
    printed = ("ROS", "HFI", "CFB", "WSV", "RAZ", "FD")
    given = {name: texts for name, texts in table.items() if name not in printed}
    outputs = behaviour_table(given, method=FbpMethod(FfmcFamily.CLASSIC))
    return Compared(columns_of(outputs, {name: table[name] for name in printed}))


def _grid(bands: Sequence[str] = ()) -> Callable[[Path], Compared]:
    """Compare a grid, whose fuels and kinds of fire are numbers; its D0 is as given, 0 for none."""

    def compare(path: Path) -> Compared:
        cells = read_texts(path.parent / "test_fbpRaster_in.csv")
        inputs = {name: cells[f"test_fbpRaster_{band}"] for band, name in enumerate(BANDS, 1)}
        inputs |= {"FuelType": [FUELS[int(number) - 1] for number in inputs["FuelType"]]}
        outputs = behaviour_table({name: inputs[name] for name in bands or BANDS})
        wanted = {name: texts for name, texts in read_texts(path).items() if name != "D0"}
        if "FD" in wanted:
            wanted["FD"] = [KINDS[int(number)] for number in wanted["FD"]]
        return Compared(columns_of(outputs, wanted))

    return compare


BANDS = (
    *("FuelType", "LAT", "LONG", "ELV", "FFMC", "BUI", "WS", "WD", "GS", "Dj", "D0", "hr", "PC", "PDF", "GFL", "cc"),
    *("theta", "Accel", "Aspect", "BUIEff", "CBH", "CFL", "ISI"),
)
REQUIRED = ("FuelType", "LAT", "LONG", "FFMC", "BUI", "WS", "GS", "Dj", "Aspect")
FUELS = (
    *("C1", "C2", "C3", "C4", "C5", "C6", "C7", "D1", "M1", "M2", "M3", "M4", "NF", "O1A", "O1B"),
    *("S1", "S2", "S3", "WA"),
)
KINDS = {0: "NA", 1: "S", 2: "I", 3: "C"}


def _all() -> Iterator[Vector]:
    name = "FBP System, all outputs"
    for file in FILES:
        yield Vector(f"cffdrs_r/expected/{file}.csv", name, PRINTED, _cases)
    no_table = lambda path: Compared(columns_of(behaviour_table({}), read_texts(path)))  # noqa: E731 - one line
    yield Vector("cffdrs_r/expected/fbp_10.csv", name, PRINTED, no_table, "no table at all")
    yield Vector("cffdrs_r/full_precision/fbp_all.csv", name, FULL, _full(None))
    yield Vector("cffdrs_r/full_precision/fbp_all_accel0.csv", name, FULL, _full(0))
    yield Vector("cffdrs_r/full_precision/fbp_all_accel1.csv", name, FULL, _full(1))
    yield Vector("cffdrs_r/full_precision/fbp_sweep.csv", name, FULL, _sweep)
    older = "FBP System, primary outputs (cffdrs-middle)"
    yield Vector("cffdrs_r/expected/test_fbp_out_Rdata_test_fbp_out.csv", older, FULL, _full(None, OLDER))
    single = Digits("4, single precision", lambda printed: four_digits(printed) + 2e-7 * np.abs(printed))
    for number in range(1, 5):
        yield Vector(f"cffdrs_r/raster/fbpRaster_test{number}.csv", "FBP System, grid", single, _grid())
    yield Vector(
        "cffdrs_r/raster/fbpRaster_test5.csv", "FBP System, grid", single, _grid(REQUIRED), "nine inputs alone"
    )
    yield Vector("cffdrs_r/raster/test_fbpRaster_out.csv", "FBP System, grid", SINGLE, _grid())
    ten = Digits("10", lambda printed: 1e-8 * np.abs(printed) + 6e-10)
    yield Vector("gagreene/Wotton2009_reference_results.csv", "FBP System (ROS, HFI, CFB)", ten, _second_program)
    report = Digits("1 to 3 decimals, single precision", lambda printed: 0.05 + 3e-5 * np.abs(printed))
    yield Vector("danger_fbp_wotton_2009.csv", "FBP System (ROS, HFI, CFB, WSV, RAZ, FD)", report, _report)


VECTORS = tuple(_all())
