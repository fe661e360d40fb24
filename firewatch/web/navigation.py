"""Addresses that open a Chinese navigation app at a fire: here WGS 84 becomes GCJ-02, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from firewatch.geodesy import to_gcj02
from firewatch.web.schemas import NavigationOut

if TYPE_CHECKING:
    from firewatch.domain.geo import Position

__all__ = ["navigation"]

_REFERER = "firewatch"


def navigation(position: Position, label: str) -> NavigationOut:
    """Return the addresses for a place.

    All three apps are told that they get GCJ-02: a raw WGS 84 point would lie some 650 m off in Hengyang.
    """
    place = to_gcj02(position)
    lat, lon = f"{place.lat_deg:.6f}", f"{place.lon_deg:.6f}"
    amap = {"to": f"{lon},{lat},{label}", "mode": "car", "coordinate": "gaode", "callnative": "1", "src": _REFERER}
    baidu = {
        "location": f"{lat},{lon}",
        "title": label,
        "content": label,
        "coord_type": "gcj02",
        "output": "html",
        "src": _REFERER,
    }
    tencent = {"type": "drive", "to": label, "tocoord": f"{lat},{lon}", "referer": _REFERER}
    return NavigationOut(
        amap=f"https://uri.amap.com/navigation?{urlencode(amap)}",
        baidu=f"https://api.map.baidu.com/marker?{urlencode(baidu)}",
        tencent=f"https://apis.map.qq.com/uri/v1/routeplan?{urlencode(tencent)}",
    )
