"""The daily FWI System over a grid as one compiled kernel: the equations of `firewatch.danger.fwi`, fused.

Needs the extra `fast`. Cells go in blocks whose state and scratch stay in the processor's first caches; days run
outside, cells inside, in short loops without branches that the compiler turns into vector instructions. Exponentials
and logarithms are polynomials written out here (`scripts/kernel_polynomials.py` derives them; with rounding they are
within 2 units of the last place), shared where two equations need the same one. Where it rained, cells are gathered and
computed apart. Loops have a constant length, the last block and the last of the wet cells padded, so that a cell's bits
do not depend on where it stands.

The branches are asked as the NumPy form asks them: NaN never takes the one that needs no reading. The polynomials of a
logarithm do not hand NaN on; where no other term of an equation does, `x - x` is added.

References
----------
.. [1] Van Wagner, C.E.; Pickett, T.L. (1985). Equations and FORTRAN program for the Canadian Forest Fire Weather Index
   System. Canadian Forestry Service, Forestry Technical Report 33. The equation numbers below are of this report.
"""

# Equations have their own numbers, each beside its equation number; F is the kind of the numbers; what NaN does must be
# written out, not left to min and max; an overload is a function; what numba compiles takes its types from the call.
# ruff: noqa: PLR2004, N806, FURB136, PLW0108, ANN001, ANN202, ANN201
# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-untyped-def, no-any-return, call-arg, arg-type"
# mypy: disable-error-code="var-annotated"

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

__all__ = ["exponentials", "logarithms", "run_part"]

# Cells of a block: fifteen rows of scratch fit the second cache, and a day's row is long enough to be read at speed.
_CELLS = 1024
# Wet cells that are computed at once: whole vectors, and few for nothing.
_WET = 64

# Fused multiply and add may stand for the two; no other freedom, so that the bits are the same on every run.
_MATHS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}}
_INLINE: dict[str, Any] = {**_MATHS, "forceinline": True}

_LN10 = math.log(10.0)
_LN_100 = math.log(100.0)
_LN_FUEL = math.log(0.0114)  # eq. 27b
_LN_INTENSITY = math.log(0.434)  # eq. 30a


def _compiled(function):
    """Compile on the first call, without the interpreter's lock; keep the code on disk where that may be written."""
    try:
        return njit(nogil=True, cache=True, **_MATHS)(function)
    except RuntimeError:  # no folder to keep it in: neither beside this file, nor in the user's cache
        return njit(nogil=True, **_MATHS)(function)


@intrinsic
def _bits(context, number):  # noqa: ARG001
    """Return a float's bits as an integer of its width."""
    result = types.int64 if number == types.float64 else types.int32

    def generate(_, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(signature.return_type.bitwidth))

    return result(number), generate


@intrinsic
def _float(context, bits):  # noqa: ARG001
    """Return the float that an integer's bits are."""
    result = types.float64 if bits == types.int64 else types.float32

    def generate(_, builder, signature, arguments):
        kind = ir.DoubleType() if signature.return_type == types.float64 else ir.FloatType()
        return builder.bitcast(arguments[0], kind)

    return result(bits), generate


def _exp(x):
    """Return e^x of a number within -708 to 709 (float32: -87 to 88); NaN for NaN."""
    raise NotImplementedError(x)  # pragma: no cover - only the compiled forms below are called


def _exp_any(x):
    """Return e^x of any number, at least the least normal number and at most the greatest power of e; NaN for NaN."""
    raise NotImplementedError(x)  # pragma: no cover - only the compiled forms below are called


def _log(x):
    """Return ln x of a positive normal number; about -708 (float32: -87) for 0; a meaningless number for NaN."""
    raise NotImplementedError(x)  # pragma: no cover - only the compiled forms below are called


@njit(**_INLINE)
def _exp_double(x):
    shifted = x * 1.4426950408889634 + 6755399441055744.0  # 1.5 * 2^52: the last bits are the rounded octaves
    octaves = shifted - 6755399441055744.0
    r = (x - octaves * 0.6931471806019545) - octaves * -4.2009150726810846e-11  # ln 2 in two parts
    r2 = r * r
    r4 = r2 * r2
    q0 = (0.5000000000000001 + 0.16666666666666669 * r) + (0.04166666666662413 + 0.008333333333330062 * r) * r2
    q4 = (0.0013888888917213717 + 0.00019841269863053618 * r) + (
        2.4801521295954376e-05 + 2.7557268459997064e-06 * r
    ) * r2
    q = (q0 + q4 * r4) + (2.7620088445409746e-07 + 2.510038549551032e-08 * r) * (r4 * r4)
    scale = _float((_bits(shifted) + np.int64(1023)) << np.int64(52))
    return (1.0 + (r + r2 * q)) * scale


@njit(**_INLINE)
def _exp_single(x):
    F = np.float32
    shifted = x * F(1.4426950408889634) + F(12582912.0)  # 1.5 * 2^23
    octaves = shifted - F(12582912.0)
    r = (x - octaves * F(0.693115234375)) - octaves * F(3.1946184945309415e-05)
    r2 = r * r
    q0 = (F(0.5) + F(0.16666576989698775) * r) + (F(0.041666554617204574) + F(0.008363179052722578) * r) * r2
    q = q0 + F(0.0013926183587713494) * (r2 * r2)
    scale = _float(np.int32((_bits(shifted) + np.int32(127)) << np.int32(23)))
    return (F(1.0) + (r + r2 * q)) * scale


@njit(**_INLINE)
def _log_double(x):
    above = _bits(x) - np.int64(4604544271217802189)  # the bits of sqrt(1/2)
    octave = above >> np.int64(52)
    octaves = _float(octave + np.int64(4843621399236968448)) - 6755399441055744.0  # 1.5 * 2^52 and its bits
    f = _float(_bits(x) - (octave << np.int64(52))) - 1.0
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    p0 = (0.666666666666667 + 0.39999999999899444 * z) + (0.2857142862600327 + 0.22222211130259878 * z) * z2
    p4 = (0.18182889455674947 + 0.15331710618210773 * z) + 0.14616585424888623 * z2
    p = p0 + p4 * (z2 * z2)
    return octaves * 0.6931471806019545 + (2.0 * s + (s * (z * p) + octaves * -4.2009150726810846e-11))


@njit(**_INLINE)
def _log_single(x):
    F = np.float32
    above = np.int32(_bits(x) - np.int32(1060439283))  # the bits of sqrt(1/2)
    octave = np.int32(above >> np.int32(23))
    octaves = F(octave)
    f = _float(np.int32(_bits(x) - (octave << np.int32(23)))) - F(1.0)
    s = f / (F(2.0) + f)
    z = s * s
    p = (F(0.6666668504515603) + F(0.39988778282162807) * z) + F(0.2958005304318844) * (z * z)
    low = s * (z * p) + octaves * F(3.1946184945309415e-05)
    return octaves * F(0.693115234375) + (F(2.0) * s + low)


@overload(_exp, jit_options=_INLINE)
def _exp_of_kind(x):
    if x == types.float32:
        return lambda x: _exp_single(x)
    return lambda x: _exp_double(x)


@overload(_exp_any, jit_options=_INLINE)
def _exp_any_of_kind(x):
    low, high = (np.float32(-87.0), np.float32(88.0)) if x == types.float32 else (-708.0, 709.0)

    def clamped(x):
        inside = low if x < low else x
        return _exp(high if inside > high else inside)

    return clamped


@overload(_log, jit_options=_INLINE)
def _log_of_kind(x):
    if x == types.float32:
        return lambda x: _log_single(x)
    return lambda x: _log_double(x)


@_compiled
def exponentials(numbers):
    """Return e to the power of each number, an array of the same kind: to check the polynomial."""
    found = np.empty_like(numbers)
    for i in range(numbers.size):
        found[i] = _exp_any(numbers[i])
    return found


@_compiled
def logarithms(numbers):
    """Return the natural logarithm of each positive number, an array of the same kind: to check the polynomial."""
    found = np.empty_like(numbers)
    for i in range(numbers.size):
        found[i] = _log(numbers[i])
    return found


@njit(**_INLINE)
def _limit(rh, saturated_pct):
    """Compute air that is more humid than the method allows as saturated."""
    F = rh.dtype.type
    for i in range(_CELLS):
        h = rh[i]
        rh[i] = F(saturated_pct) if h > F(saturated_pct) else h


@njit(**_INLINE)
def _moisture(code, moisture, to_moisture):
    """Turn FFMC into moisture content [%]: eq. 1."""
    F = code.dtype.type
    for i in range(_CELLS):
        moisture[i] = F(to_moisture) * (F(101.0) - code[i]) / (F(59.5) + code[i])


@njit(**_INLINE)
def _wet_litter(moisture, rain, _constants):
    """Wet the litter: eqs. 2 and 3."""
    F = moisture.dtype.type
    for i in range(_WET):
        mo = moisture[i]
        rf = rain[i] - F(0.5)
        mr = mo + F(42.5) * rf * _exp_any(F(-100.0) / (F(251.0) - mo)) * (F(1.0) - _exp_any(F(-6.93) / rf))
        over = mo - F(150.0)
        more = mr + F(0.0015) * over * over * np.sqrt(rf)
        mr = more if mo > F(150.0) else mr
        moisture[i] = F(250.0) if mr > F(250.0) else mr


@njit(**_INLINE)
def _equilibria(temp, rh, dry, wet):
    """Equilibrium moisture by drying and by wetting: eqs. 4 and 5."""
    F = dry.dtype.type
    for i in range(_CELLS):
        h = rh[i]
        log_h = _log(h)
        air = F(0.18) * (F(21.1) - temp[i]) * (F(1.0) - _exp(F(-0.115) * h))
        saturation = _exp(h * F(0.1) - F(10.0))
        dry[i] = F(0.942) * _exp(F(0.679) * log_h) + F(11.0) * saturation + air
        wet[i] = F(0.618) * _exp(F(0.753) * log_h) + F(10.0) * saturation + air


@njit(**_INLINE)
def _rates(moisture, rh, wind, dry, rate):
    """Log rate of drying, or of wetting where the litter is not wetter than its drying equilibrium: eqs. 6a and 7a."""
    F = dry.dtype.type
    for i in range(_CELLS):
        humidity = rh[i] * F(0.01)
        x = humidity if moisture[i] > dry[i] else F(1.0) - humidity
        x2 = x * x
        x4 = x2 * x2
        calm = F(0.424) * (F(1.0) - _exp_any(F(1.7) * _log(x)))
        rate[i] = calm + F(0.0694) * np.sqrt(wind[i]) * (F(1.0) - x4 * x4)


@njit(**_INLINE)
def _settle(moisture, temp, wind, scratch, code, to_code):
    """Dry or wet the litter for a day, and turn its moisture into FFMC: eqs. 6b to 10."""
    F = moisture.dtype.type
    dry, wet, rate = scratch[10], scratch[11], scratch[12]
    for i in range(_CELLS):
        mo, ed, ew = moisture[i], dry[i], wet[i]
        towards = ed if mo > ed else ew
        decades = rate[i] * F(0.581) * _exp(F(0.0365) * temp[i])
        moved = towards + (mo - towards) * _exp(F(-_LN10) * decades)
        w = wind[i]
        is_at_rest = (mo <= ed) & (mo >= ew) & (w == w)  # noqa: PLR0124 - NaN
        m = mo if is_at_rest else moved
        f = F(59.5) * (F(250.0) - m) / (F(to_code) + m)
        f = F(101.0) if f > F(101.0) else f
        code[i] = F(0.0) if f < F(0.0) else f


@njit(**_INLINE)
def _wet_duff(code, rain, constants):
    """Wet the duff: eqs. 11 to 15."""
    F = code.dtype.type
    span, decay, log_span = F(constants[4]), F(constants[5]), F(constants[6])
    for i in range(_WET):
        po = code[i]
        re = F(0.92) * rain[i] - F(1.27)
        mo = F(20.0) + span * _exp_any(-decay * po)
        log_po = _log(po)
        steep = F(14.0) - F(1.3) * log_po if po <= F(65.0) else F(6.2) * log_po - F(17.2)
        b = F(100.0) / (F(0.5) + F(0.3) * po) if po <= F(33.0) else steep
        mr = mo + F(1000.0) * re / (F(48.77) + b * re)
        pr = F(43.43) * (log_span - _log(mr - F(20.0))) + (mr - mr)
        code[i] = F(0.0) if pr < F(0.0) else pr


@njit(**_INLINE)
def _dry_duff(code, temp, rh, hours):
    """Dry the duff: eqs. 16 and 17."""
    F = code.dtype.type
    for i in range(_CELLS):
        t = temp[i]
        t = F(-1.1) if t < F(-1.1) else t
        code[i] += F(1.894e-4) * (t + F(1.1)) * (F(100.0) - rh[i]) * hours[i]


@njit(**_INLINE)
def _wet_soil(code, rain, _constants):
    """Wet the deep layer: eqs. 18 to 21."""
    F = code.dtype.type
    for i in range(_WET):
        do, ro = code[i], rain[i]
        rd = F(0.83) * ro - F(1.27)
        dr = do - F(400.0) * _log(F(1.0) + F(3.937 / 800.0) * rd * _exp_any(F(0.0025) * do)) + (ro - ro)
        code[i] = F(0.0) if dr < F(0.0) else dr


@njit(**_INLINE)
def _dry_soil(code, temp, factor):
    """Dry the deep layer: eqs. 22 and 23."""
    F = code.dtype.type
    for i in range(_CELLS):
        t = temp[i]
        t = F(-2.8) if t < F(-2.8) else t
        v = F(0.36) * (t + F(2.8)) + factor[i]
        code[i] += F(0.5) * (F(0.0) if v < F(0.0) else v)


@njit(**_INLINE)
def _spread(code, wind, isi, spread):
    """ISI: eqs. 1 and 24 to 26; both exponentials in one."""
    F = code.dtype.type
    for i in range(_CELLS):
        m = F(spread) * (F(101.0) - code[i]) / (F(59.5) + code[i])
        damp = F(1.0) + _exp_any(F(5.31) * _log(m)) * F(1.0 / 4.93e7)
        isi[i] = F(0.208 * 91.9) * _exp_any(F(0.05039) * wind[i] - F(0.1386) * m) * damp


@njit(**_INLINE)
def _buildup(dmc, dc, bui):
    """BUI: eq. 27."""
    F = dmc.dtype.type
    for i in range(_CELLS):
        p, d = dmc[i], dc[i]
        both = p + F(0.4) * d
        share = F(0.8) * d / (both if both > F(0.0) else F(1.0))
        pull = p - (F(1.0) - share) * (F(0.92) + _exp_any(F(1.7) * (_log(p) + F(_LN_FUEL))))
        pull = F(0.0) if pull < F(0.0) else pull
        bui[i] = p * share if p <= F(0.4) * d else pull


@njit(**_INLINE)
def _product(isi, bui, fwi):
    """B of eqs. 28 and 29: one exponential for both branches of eq. 28."""
    F = isi.dtype.type
    for i in range(_CELLS):
        u = bui[i]
        is_large = u > F(80.0)
        power = _exp_any(F(-0.023) * u if is_large else F(0.809) * _log(u))
        f = F(1000.0) / (F(25.0) + F(108.64) * power) if is_large else F(0.626) * power + F(2.0)
        fwi[i] = F(0.1) * isi[i] * (f + (u - u))


@njit(**_INLINE)
def _logarithms_of(product, log_b, log_s):
    """Logarithms of B, and of S where B is over 1: eq. 30a."""
    F = product.dtype.type
    for i in range(_CELLS):
        log_b[i] = _log(product[i])
        log_s[i] = F(2.72) * _exp_any(F(0.647) * (_log(log_b[i]) + F(_LN_INTENSITY)))


@njit(**_INLINE)
def _severity(product, log_b, log_s, dsr):
    """DSR of B: eqs. 30 and 31."""
    F = product.dtype.type
    for i in range(_CELLS):
        b = product[i]
        severity = F(0.0272) * _exp_any(F(1.77) * (log_s[i] if b > F(1.0) else log_b[i])) + (b - b)
        dsr[i] = F(0.0) if b == F(0.0) else severity


@njit(**_INLINE)
def _intensity(log_s, fwi):
    """FWI of B, which `fwi` holds: eq. 30."""
    F = fwi.dtype.type
    for i in range(_CELLS):
        b = fwi[i]
        fwi[i] = _exp_any(log_s[i]) if b > F(1.0) else b


@njit(**_INLINE)
def _find_wet(rain, wet):
    """List the cells with more rain than the litter's canopy keeps, or with rain that nobody knows; return how many."""
    F = rain.dtype.type
    count = 0
    for i in range(_CELLS):
        wet[count] = i
        count += 0 if rain[i] <= F(0.5) else 1
    return count


@njit(**_INLINE)
def _find_wetter(rain, wet, count, canopy):
    """Keep of the listed cells those with more rain than another layer's canopy keeps; return how many."""
    kept = 0
    for j in range(count):
        i = wet[j]
        wet[kept] = i
        kept += 0 if rain[i] <= canopy else 1
    return kept


@njit(**_INLINE)
def _rain_on(values, rain, wet, scratch, constants, wetting):
    """Gather the listed cells' values and rain, wet them in loops of constant length, and put them back."""
    soaked, fallen = scratch[10], scratch[11]
    for j in range(wet.size):
        soaked[j] = values[wet[j]]
        fallen[j] = rain[wet[j]]
    for first in range(0, wet.size, _WET):
        wetting(soaked[first : first + _WET], fallen[first : first + _WET], constants)
    for j in range(wet.size):
        values[wet[j]] = soaked[j]


@njit(**_INLINE)
def _copy(source, target):
    for i in range(source.size):
        target[i] = source[i]


@njit(**_INLINE)
def _step(scratch, wet, constants):
    """One day of a block: rows 0 to 3 of scratch are the weather, 4 to 6 the codes, 7 and 8 the day lengths."""
    F = scratch.dtype.type
    temp, rh, wind, rain, ffmc, dmc, dc, hours, factor, moisture = (
        scratch[0],
        scratch[1],
        scratch[2],
        scratch[3],
        scratch[4],
        scratch[5],
        scratch[6],
        scratch[7],
        scratch[8],
        scratch[9],
    )
    _limit(rh, constants[3])
    _moisture(ffmc, moisture, constants[0])
    count = _find_wet(rain, wet)
    _rain_on(moisture, rain, wet[:count], scratch, constants, _wet_litter)
    count = _find_wetter(rain, wet, count, F(1.5))
    _rain_on(dmc, rain, wet[:count], scratch, constants, _wet_duff)
    count = _find_wetter(rain, wet, count, F(2.8))
    _rain_on(dc, rain, wet[:count], scratch, constants, _wet_soil)
    _equilibria(temp, rh, scratch[10], scratch[11])
    _rates(moisture, rh, wind, scratch[10], scratch[12])
    _settle(moisture, temp, wind, scratch, ffmc, constants[1])
    _dry_duff(dmc, temp, rh, hours)
    _dry_soil(dc, temp, factor)


@njit(**_INLINE)
def _count_outside(temp, rh, wind, rain):
    """Return how many readings lie outside what `firewatch.danger.grid` allows; NaN does not."""
    F = temp.dtype.type
    count = 0
    for i in range(_CELLS):
        t, h, w, ro = temp[i], rh[i], wind[i], rain[i]
        count += (t < F(-60.0)) | (t > F(60.0)) | (h < F(0.0)) | (h > F(100.0))
        count += (w < F(0.0)) | (w > F(400.0)) | (ro < F(0.0)) | (ro > F(2000.0))
    return count


@njit(**_INLINE)
def _indices(scratch, constants, outputs):
    """Compute what the wanted outputs need: rows 10 to 13 of scratch become ISI, BUI, FWI and DSR."""
    needs_fwi = outputs[5].size > 0 or outputs[6].size > 0
    if needs_fwi or outputs[3].size > 0:
        _spread(scratch[4], scratch[2], scratch[10], constants[2])
    if needs_fwi or outputs[4].size > 0:
        _buildup(scratch[5], scratch[6], scratch[11])
    if needs_fwi:
        _product(scratch[10], scratch[11], scratch[12])
        _logarithms_of(scratch[12], scratch[9], scratch[14])
        if outputs[6].size > 0:
            _severity(scratch[12], scratch[9], scratch[14], scratch[13])
        _intensity(scratch[14], scratch[12])


@_compiled
def run_part(weather, cells, days, constants, state, outputs):
    """Compute the days of cells that lie beside each other, and return how many readings were out of range.

    Parameters
    ----------
    weather : tuple of four ndarray, shape (days, cells), C order
        Temperature [deg C], humidity [%], wind [km/h], rain [mm]: all float64, or all float32.
    cells : tuple of two int
        The first cell, and the one behind the last.
    days : tuple of three ndarray
        Shape (days,), int64: the row of each day in the other two. Shape (rows, cells of this part): day length of the
        DMC [h] and adjustment of the DC.
    constants : ndarray, shape (7,), float64
        `FfmcConstants` and `DmcConstants`, in their order.
    state : ndarray, shape (3, cells)
        FFMC, DMC and DC of the day before; becomes those of the last day.
    outputs : tuple of seven ndarray, shape (days, cells)
        Receive FFMC, DMC, DC, ISI, BUI, FWI and DSR; an empty one is not wanted.
    """
    temp, rh, wind, rain = weather
    of_day, hours, factors = days
    scratch = np.zeros((15, _CELLS), temp.dtype)
    wet = np.zeros(_CELLS, np.int32)
    outside = 0
    for first in range(cells[0], cells[1], _CELLS):
        behind = min(first + _CELLS, cells[1])
        count, own = behind - first, first - cells[0]
        scratch[4:7, :count] = state[:, first:behind]
        row = -1
        for day in range(of_day.size):
            if of_day[day] != row:
                row = of_day[day]
                scratch[7, :count] = hours[row, own : own + count]
                scratch[8, :count] = factors[row, own : own + count]
            _copy(temp[day, first:behind], scratch[0])
            _copy(rh[day, first:behind], scratch[1])
            _copy(wind[day, first:behind], scratch[2])
            _copy(rain[day, first:behind], scratch[3])
            outside += _count_outside(scratch[0], scratch[1], scratch[2], scratch[3])
            _step(scratch, wet, constants)
            _indices(scratch, constants, outputs)
            for index in range(7):
                if outputs[index].size:
                    found = scratch[4 + index if index < 3 else 7 + index]
                    _copy(found[:count], outputs[index][day, first:behind])
        state[:, first:behind] = scratch[4:7, :count]
    return outside
