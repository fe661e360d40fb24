"""The demo's county-level units, which are real, and its weather stations, which are not."""

from __future__ import annotations

from dataclasses import dataclass

from firewatch.domain.geo import Position
from firewatch.domain.ids import StationId
from firewatch.domain.sites import Area, Name, Station

__all__ = ["AREAS", "CLIMATES", "STATIONS", "Climate"]

# The twelve county-level units of Hengyang, GB/T 2260.
AREAS = tuple(
    Area(code, Name(zh, en))
    for code, zh, en in (
        ("430406", "雁峰区", "Yanfeng"),
        ("430407", "石鼓区", "Shigu"),
        ("430405", "珠晖区", "Zhuhui"),
        ("430408", "蒸湘区", "Zhengxiang"),
        ("430412", "南岳区", "Nanyue"),
        ("430421", "衡阳县", "Hengyang County"),
        ("430422", "衡南县", "Hengnan"),
        ("430423", "衡山县", "Hengshan"),
        ("430424", "衡东县", "Hengdong"),
        ("430426", "祁东县", "Qidong"),
        ("430481", "耒阳市", "Leiyang"),
        ("430482", "常宁市", "Changning"),
    )
)


@dataclass(frozen=True, slots=True)
class Climate:
    """How a simulated station's weather differs from the first one's.

    Parameters
    ----------
    dry_days : int
        Days since the last good rain.
    warmer_c, damper_pct, windier_kmh : float
        Added to temperature [deg C], relative humidity [%] and wind [km/h].
    """

    dry_days: int = 18
    warmer_c: float = 0.0
    damper_pct: float = 0.0
    windier_kmh: float = 0.0


# Some units have no station: the danger page says "no data" there.
_SIMULATED = (
    ("st-1", "衡阳示意站", "Demo station", 26.95, 112.60, "430408", Climate()),
    ("st-nanyue", "南岳示意站", "Nanyue demo station", 27.25, 112.74, "430412", Climate(7, -6.0, 22.0, 9.0)),
    ("st-hengnan", "衡南示意站", "Hengnan demo station", 26.74, 112.68, "430422", Climate(12, 1.0, 6.0, -4.0)),
    ("st-hengshan", "衡山示意站", "Hengshan demo station", 27.23, 112.87, "430423", Climate(3, -4.0, 30.0, -6.0)),
    ("st-qidong", "祁东示意站", "Qidong demo station", 26.79, 112.09, "430426", Climate(18, 2.0, -4.0, 6.0)),
    ("st-leiyang", "耒阳示意站", "Leiyang demo station", 26.42, 112.86, "430481", Climate(25, 4.0, -8.0, 12.0)),
    ("st-changning", "常宁示意站", "Changning demo station", 26.41, 112.38, "430482", Climate(1, -5.0, 40.0, -6.0)),
)
STATIONS = tuple(
    Station(StationId(key), Name(zh, en), Position(lat_deg, lon_deg), code)
    for key, zh, en, lat_deg, lon_deg, code, _ in _SIMULATED
)
CLIMATES = {StationId(key): climate for key, *_, climate in _SIMULATED}
