"""Vectors of the simple indices, of the Chinese index, and of the reports' own printed tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from danger_vectors.comparing import Compared, Digits, Vector, decimals
from danger_vectors.fwi import CLASSIC, run_columns
from danger_vectors.reading import read_columns
from firewatch.danger import (
    DroughtLimit,
    KbdiForm,
    KbdiState,
    angstroem_index,
    dew_point,
    drought_factor,
    drought_factor_days,
    forest_fire_danger_index,
    fosberg_index,
    nesterov_index,
    run_kbdi,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["VECTORS"]

TABLES = "tables/simple_indices.yaml"
Section = dict[str, Any]


def _pairs(name: str, key: str, vectors: list[Section], compute: Callable[[Section], Any]) -> Compared:
    """Return what our function makes of each vector, beside the vector's own number."""
    ours = np.array([float(np.asarray(compute(vector)).ravel()[-1]) for vector in vectors])
    return Compared({name: (ours, np.array([float(vector[key]) for vector in vectors]))})


def _from_tables(section: str, compare: Callable[[Section], Compared]) -> Callable[[Path], Compared]:
    return lambda path: compare(yaml.safe_load(path.read_text(encoding="utf-8"))[section])


def _kbdi(section: Section) -> Compared:
    def compute(v: Section) -> Any:
        temp, rain = (np.array(v[key], dtype=float) for key in ("t", "p"))
        return run_kbdi(KbdiState.of(v["k0"]), temp, rain, v["pa"], KbdiForm.FINKELE).deficit_mm

    return _pairs("kbdi", "k", section["final_value_vectors"], compute)


def _drought_factor(section: Section) -> Compared:
    smooth = _pairs("df", "df", section["vectors"], lambda v: drought_factor(v["p"], float(v["s"])))
    slide = section["sliding"]
    rain = np.zeros(slide["days"] - 19)
    rain[0] = slide["p_day20"]
    days = drought_factor_days(np.zeros(19), rain, np.full(len(rain), float(slide["s"])))
    stepped = [v for v in section["vectors"] if v["discrete"]]
    limited = np.array([float(drought_factor(v["p"], float(v["s"]), limit=DroughtLimit.STEPS)) for v in stepped])
    return Compared(
        {
            **smooth.columns,
            "df, sliding": (np.asarray(days), np.array(slide["df_days_20_to_24"])),
            "df, in steps": (limited, np.array([round(v["df"]) for v in stepped], dtype=float)),
        }
    )


def _mcarthur(section: Section) -> Compared:
    def compute(v: Section) -> Any:
        return forest_fire_danger_index(float(v["DF"]), v["T"], v["RH"], v["V"])

    return _pairs("ffdi", "ffdi", section["vectors"], compute)


def _nesterov(section: Section) -> Compared:
    index = _pairs("ni", "ni", section["vectors"], lambda v: nesterov_index(v["prev"], v["T"], v["RH"], v["P"]))
    dew = _pairs("dew point", "Tdew", [section["dewpoint_vector"]], lambda v: dew_point(v["T"], v["RH"]))
    return Compared({**index.columns, **dew.columns})


def _angstroem(section: Section) -> Compared:
    return _pairs("i", "i", section["vectors"], lambda v: angstroem_index(v["T"], v["RH"]))


def _fosberg(section: Section) -> Compared:
    return _pairs("ffwi", "ffwi", section["vectors"], lambda v: fosberg_index(v["T"], v["RH"], v["W"] * 3.6))


def _printed_1985(path: Path) -> Compared:
    """Compare the report's own printed table, at 46 N."""
    table = read_columns(path)
    names = {"temp": "temp_c", "rh": "rh_pct", "ws": "wind_kmh", "prec": "rain_mm", "mon": "month"}
    given = {short: table[ours] for short, ours in names.items()} | {"lat": np.full(len(table["month"]), 46.0)}
    outputs = run_columns(given, CLASSIC)
    return Compared({name: (outputs[name], table[name]) for name in ("ffmc", "dmc", "dc", "isi", "bui", "fwi")})


def _all() -> Iterator[Vector]:
    five, ten = decimals(5), decimals(10)
    yield Vector(TABLES, "Keetch-Byram (Finkele)", five, _from_tables("kbdi_si", _kbdi))
    yield Vector(TABLES, "McArthur's drought factor", five, _from_tables("griffiths_drought_factor", _drought_factor))
    yield Vector(TABLES, "McArthur's FFDI Mark 5", ten, _from_tables("ffdi_mk5", _mcarthur))
    yield Vector(TABLES, "Nesterov, and the dew point", ten, _from_tables("nesterov", _nesterov))
    yield Vector(TABLES, "Angstroem", ten, _from_tables("angstrom", _angstroem))
    yield Vector(TABLES, "Fosberg", ten, _from_tables("fosberg_ffwi", _fosberg))
    one = Digits("1 decimal, single precision", lambda printed: 0.05 + 1e-4 + 0.0 * printed)
    yield Vector("danger_van_wagner_pickett_1985.csv", "FWI System, series (classic/cffdrs)", one, _printed_1985)


VECTORS = tuple(_all())
