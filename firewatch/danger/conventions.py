"""The choices on which published implementations of the FWI System differ, each with its name.

Two programs that follow the same reports print different numbers when they differ in these; a series keeps one choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["DayLengthBands", "DmcConstants", "DmcForm", "FfmcConstants", "FfmcFamily", "FwiMethod"]


@dataclass(frozen=True, slots=True)
class FfmcConstants:
    """The constants of one FFMC family.

    Parameters
    ----------
    code_to_moisture : float
        Factor of eq. 1, which turns a code into a moisture content [%].
    moisture_to_code : float
        Addend of the denominator of eq. 10, which turns it back [%].
    spread : float
        Factor of eq. 1 as the ISI uses it [%].
    saturated_rh_pct : float
        A day's air more humid than this is computed as this [%]: cffdrs has such a limit, the reports have none (100).
    """

    code_to_moisture: float
    moisture_to_code: float
    spread: float
    saturated_rh_pct: float


# 250 * 59.5 / 101 makes a code of 0 exactly 250 % moisture; the reports print the rounded 147.2.
_EXACT = 250.0 * 59.5 / 101.0


class FfmcFamily(Enum):
    """Which constant joins the FFMC scale to moisture content.

    ``CLASSIC``
        147.2 both ways, as printed by Van Wagner (1987), eqs. 1 and 10; xclim and most published tables.
    ``CFFDRS``
        250 * 59.5 / 101 both ways: the R package cffdrs since version 1.9.
    ``CFFDRS_MIDDLE``
        147.27723 in and in the ISI, 147.2 out: cffdrs before that; kept to check old series.
    """

    CLASSIC = "classic"
    CFFDRS = "cffdrs"
    CFFDRS_MIDDLE = "cffdrs-middle"

    @property
    def constants(self) -> FfmcConstants:
        """The numbers behind the name."""
        return _CONSTANTS[self]


_CONSTANTS = {
    FfmcFamily.CLASSIC: FfmcConstants(147.2, 147.2, 147.2, 100.0),
    FfmcFamily.CFFDRS: FfmcConstants(_EXACT, _EXACT, _EXACT, 99.9999),
    FfmcFamily.CFFDRS_MIDDLE: FfmcConstants(147.27723, 147.2, 147.27723, 99.9999),
}


@dataclass(frozen=True, slots=True)
class DmcConstants:
    """The constants that join the DMC scale to moisture content.

    Parameters
    ----------
    span : float
        Moisture content of a DMC of 0, less 20 [%]: eq. 12.
    decay : float
        Its fall with each unit of the code: eq. 12.
    log_span : float
        Its logarithm, as eq. 15 has it.
    """

    span: float
    decay: float
    log_span: float


class DmcForm(Enum):
    """How a wetted DMC's eqs. 12 and 15 are computed (Van Wagner and Pickett 1985).

    ``PROGRAMS``
        20 + 280 exp(-0.023 Po), and 43.43 * 5.6348 in place of 244.72: cffdrs and xclim.
    ``PRINTED``
        20 + exp(5.6348 - Po / 43.43), and 244.72: as the equations are printed, and as the Global Fire Weather
        Database (GFWED) computes them. Up to 0.1 from the other.
    """

    PROGRAMS = "programs"
    PRINTED = "printed"

    @property
    def constants(self) -> DmcConstants:
        """The numbers behind the name."""
        return _DMC_CONSTANTS[self]


_DMC_CONSTANTS = {
    DmcForm.PROGRAMS: DmcConstants(280.0, 0.023, 5.6348),
    DmcForm.PRINTED: DmcConstants(math.exp(5.6348), 1.0 / 43.43, 244.72 / 43.43),
}

# Effective day lengths Le of the DMC [h], January to December: Van Wagner (1987), table 1, for 46 N; the others from
# Lawson and Armitage (2008), Weather Guide for the Canadian Forest Fire Danger Rating System, appendix 5: 20 N, the
# equator, 20 S, 40 S.
_DMC_46N = (6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0)
_DMC_20N = (7.9, 8.4, 8.9, 9.5, 9.9, 10.2, 10.1, 9.7, 9.1, 8.6, 8.1, 7.8)
_DMC_EQUATOR = (9.0,) * 12
_DMC_20S = (10.1, 9.6, 9.1, 8.5, 8.1, 7.8, 7.9, 8.3, 8.9, 9.4, 9.9, 10.2)
_DMC_40S = (11.5, 10.5, 9.2, 7.9, 6.8, 6.2, 6.5, 7.4, 8.7, 10.0, 11.2, 11.8)
# Day-length adjustment Lf of the DC, January to December: Van Wagner (1987), table 2, for the north; six months
# shifted for the south.
_DC_NORTH = (-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6)
_DC_SOUTH = (6.4, 5.0, 2.4, 0.4, -1.6, -1.6, -1.6, -1.6, -1.6, 0.9, 3.8, 5.8)

_DMC_TABLES = np.array([_DMC_46N, _DMC_20N, _DMC_EQUATOR, _DMC_20S, _DMC_40S])


@dataclass(frozen=True, slots=True)
class _Bands:
    """Lower latitude limits, from north to south; a station on a limit is north of it if `limit_is_north`."""

    dmc_limits: tuple[float, ...]
    dc_limits: tuple[float, ...]
    limit_is_north: bool
    dc_equator: float


class DayLengthBands(Enum):
    """Which latitudes use which day-length table.

    ``CFFDRS``
        The R package's: DMC tables change at 30 N, 10 N, 10 S, 30 S, DC at 20 N and 20 S; a station on a limit counts
        to the south of it; DC near the equator 1.4.
    ``XCLIM``
        xclim's: DMC at 30 N, 15 N, 15 S, 30 S, DC at 15 N and 15 S; on a limit counts to the north of it; DC near the
        equator 1.39.
    ``NORTH``
        The tables of 46 N everywhere, as published in 1987 for Canada.

    Hengyang (26.9 N) takes the same tables by the first two.
    """

    CFFDRS = "cffdrs"
    XCLIM = "xclim"
    NORTH = "north"

    def dmc_day_length_h(self, lat_deg: npt.ArrayLike, month: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the effective day length of the DMC [h] for latitudes [deg] and months 1 to 12, broadcast."""
        rows = _band_rows(_BANDS[self].dmc_limits, lat_deg, limit_is_north=_BANDS[self].limit_is_north)
        table: npt.NDArray[np.float64] = _DMC_TABLES[rows, np.asarray(month) - 1]
        return table

    def dc_day_length_factor(self, lat_deg: npt.ArrayLike, month: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the day-length adjustment of the DC for latitudes [deg] and months 1 to 12, broadcast."""
        bands = _BANDS[self]
        rows = _band_rows(bands.dc_limits, lat_deg, limit_is_north=bands.limit_is_north)
        tables = np.array([_DC_NORTH, (bands.dc_equator,) * 12, _DC_SOUTH])
        factor: npt.NDArray[np.float64] = tables[rows, np.asarray(month) - 1]
        return factor


_BANDS = {
    DayLengthBands.CFFDRS: _Bands((30.0, 10.0, -10.0, -30.0), (20.0, -20.0), limit_is_north=False, dc_equator=1.4),
    DayLengthBands.XCLIM: _Bands((30.0, 15.0, -15.0, -30.0), (15.0, -15.0), limit_is_north=True, dc_equator=1.39),
    DayLengthBands.NORTH: _Bands((), (), limit_is_north=True, dc_equator=1.4),
}


def _band_rows(
    limits: tuple[float, ...],
    lat_deg: npt.ArrayLike,
    *,
    limit_is_north: bool,
) -> npt.NDArray[np.intp]:
    """Return how many limits lie at or north of each latitude: the row of its table."""
    southward = -np.asarray(limits, dtype=np.float64)
    return np.searchsorted(
        southward, -np.asarray(lat_deg, dtype=np.float64), side="left" if limit_is_north else "right"
    )


@dataclass(frozen=True, slots=True)
class FwiMethod:
    """The named choices of one computation.

    Parameters
    ----------
    ffmc_family : FfmcFamily
        Default: the constants of today's cffdrs.
    day_length : DayLengthBands
        Default: the bands of cffdrs.
    dmc_form : DmcForm
        Default: as the programs compute it.
    """

    ffmc_family: FfmcFamily = FfmcFamily.CFFDRS
    day_length: DayLengthBands = DayLengthBands.CFFDRS
    dmc_form: DmcForm = DmcForm.PROGRAMS

    @property
    def label(self) -> str:
        """The choices in one word, as a rating carries them: the DMC's form where it is not that of the programs."""
        label = f"{self.ffmc_family.value}/{self.day_length.value}"
        return label if self.dmc_form is DmcForm.PROGRAMS else f"{label}/dmc-{self.dmc_form.value}"
