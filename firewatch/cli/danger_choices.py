"""The named choices that the verbs of `firewatch danger` share."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.danger import FwiMethod
    from firewatch.domain.danger import MoistureCodes

__all__ = [
    "CONSTANTS",
    "DAY_LENGTHS",
    "DMC_FORMS",
    "GAPS",
    "WIND_UNITS",
    "add_method_choices",
    "add_series_choices",
    "finite",
    "method_of",
    "moisture_codes",
]

# What an option may be. Written out, because the enums bring numpy with them and the help must be quick; tests hold the
# two equal. The first of each is the default.
CONSTANTS = ("cffdrs", "classic", "cffdrs-middle")
DAY_LENGTHS = ("cffdrs", "xclim", "north")
DMC_FORMS = ("programs", "printed")
WIND_UNITS = ("km/h", "m/s", "kn")
GAPS = ("refuse", "last-reading-dry")


def add_series_choices(parser: argparse.ArgumentParser) -> None:
    """Add the choices of a series: constants, day length, gaps."""
    add_method_choices(parser)
    parser.add_argument(
        "--gaps",
        choices=GAPS,
        default=GAPS[0],
        help=f"what to do about a missing day (default: {GAPS[0]})",
    )


def add_method_choices(parser: argparse.ArgumentParser) -> None:
    """Add the choices of a method: constants, day length, form of the DMC."""
    parser.add_argument(
        "--constants",
        choices=CONSTANTS,
        default=CONSTANTS[0],
        help="FFMC constants: classic is 147.2 as printed, cffdrs is 250*59.5/101 (default)",
    )
    parser.add_argument(
        "--day-length",
        choices=DAY_LENGTHS,
        default=DAY_LENGTHS[0],
        help=f"latitude bands of the day length (default: {DAY_LENGTHS[0]})",
    )
    parser.add_argument(
        "--dmc",
        choices=DMC_FORMS,
        default=DMC_FORMS[0],
        help="eqs. 12 and 15 of the DMC as programs compute them (default), or as printed (as GFWED has it)",
    )


def method_of(args: argparse.Namespace) -> FwiMethod:
    """Return the named choices of `add_method_choices`."""
    from firewatch.danger.conventions import DayLengthBands, DmcForm, FfmcFamily, FwiMethod

    return FwiMethod(FfmcFamily(args.constants), DayLengthBands(args.day_length), DmcForm(args.dmc))


def finite(text: str) -> float:
    """Return the number of an option's text; neither infinity nor what is no number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r}: a number is wanted")
    return number


def moisture_codes(text: str) -> MoistureCodes:
    """Return the codes of an option's text, as 85,6,15."""
    from firewatch.domain.danger import MoistureCodes

    try:
        ffmc, dmc, dc = (float(part) for part in text.split(","))
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: three numbers FFMC,DMC,DC are wanted, as 85,6,15") from err
    try:
        return MoistureCodes(ffmc, dmc, dc)
    except InvalidValue as err:
        raise argparse.ArgumentTypeError(str(err)) from err
