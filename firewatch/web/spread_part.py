"""How an incident spreads, for its page: numbers, words and shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.geodesy import as_geojson_polygon, outline_polygon
from firewatch.services.ground_fuels import FUEL_RADIUS_M
from firewatch.web.spread_schemas import (
    ConsequenceOut,
    QuantilesOut,
    ReachedOut,
    SpreadOut,
    SpreadStageOut,
    WangOut,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.geo import Position
    from firewatch.fusion.consequence import Consequence
    from firewatch.fusion.spread import Quantiles, SpreadForecast, SpreadStage
    from firewatch.fusion.wang_run import WangRun
    from firewatch.services.ground_fuels import FuelGround
    from firewatch.services.near_wind import WindAt
    from firewatch.services.spreading import IncidentSpread, WhyNoSpread
    from firewatch.web.words import Speaker

__all__ = ["spread_out"]

_HOUR_MIN = 60.0
# From here on an area is told in whole hectares.
_WHOLE_HA, _LEAST_HA = 10.0, 0.1
_PERCENT = 100.0
# What is less of the ground is not told.
_LEAST_SHARE = 0.01


def spread_out(spread: IncidentSpread, speaker: Speaker) -> SpreadOut:
    """Return the JSON of how an incident spreads."""
    forecast = spread.forecast
    why_not = None if spread.why_not is None else _why_not(spread.why_not, speaker)
    wang = None if forecast is None or forecast.wang.head_m_min is None else _wang(forecast.wang)
    return SpreadOut(
        at=spread.at,
        why_not=why_not,
        words=why_not or _summary(forecast, speaker),
        head_m_min=_rounded(forecast, "head_m_min"),
        head_range_m_min=None if forecast is None else _quantiles(forecast.head_range_m_min, 2),
        flank_m_min=_rounded(forecast, "flank_m_min"),
        back_m_min=_rounded(forecast, "back_m_min"),
        towards_deg=_rounded(forecast, "towards_deg", 0),
        length_to_breadth=_rounded(forecast, "length_to_breadth"),
        intensity_kw_m=_rounded(forecast, "intensity_kw_m", 0),
        slope_pct=_rounded(forecast, "slope_pct", 0),
        fuel=_fuel(spread, speaker),
        fuel_source="settings" if spread.ground.cover is None else "land-cover",
        unburnt=round(spread.ground.unburnt, 3),
        forest=None if spread.ground.forest is None else round(spread.ground.forest, 3),
        stages=[] if forecast is None else [_stage(one, spread, speaker) for one in forecast.stages],
        shapes={"type": "FeatureCollection", "features": list(_shapes(spread, speaker))},
        wang=wang,
        consequence=_consequence(spread.consequence, speaker),
        basis=list(_basis(spread, speaker)),
    )


def _rounded(forecast: SpreadForecast | None, name: str, digits: int = 2) -> float | None:
    value: float | None = None if forecast is None else getattr(forecast, name)
    return None if value is None else round(value, digits)


def _quantiles(given: Quantiles, digits: int) -> QuantilesOut:
    return QuantilesOut(p10=round(given.p10, digits), p50=round(given.p50, digits), p90=round(given.p90, digits))


def _why_not(why: WhyNoSpread, speaker: Speaker) -> str:
    return speaker.texts.text(f"spread.why.{why.value}")


def _area(area_ha: float) -> str:
    if area_ha < _LEAST_HA:
        return f"<{_LEAST_HA}"
    return f"{area_ha:.0f}" if area_ha >= _WHOLE_HA else f"{area_ha:.1f}"


def _summary(forecast: SpreadForecast | None, speaker: Speaker) -> str:
    """Return the line of the pane: area within the hour, and which way."""
    if forecast is None:
        return ""
    stage = min(forecast.stages, key=lambda one: abs(one.after_min - _HOUR_MIN))
    facts = _facts(stage, speaker)
    if forecast.towards_deg is None:
        return speaker.texts.text("spread.summary.anywhere", **facts)
    return speaker.texts.text("spread.summary", direction=speaker.direction(forecast.towards_deg), **facts)


def _facts(stage: SpreadStage, speaker: Speaker) -> dict[str, str]:
    area, head = stage.area_ha, stage.head_m
    return {
        "span": _span(stage.after_min, speaker),
        "area": _area(area.p50),
        "low": _area(area.p10),
        "high": _area(area.p90),
        "head": f"{_tens(head.p50):.0f}",
        "furthest": f"{_tens(head.p90):.0f}",
    }


def _tens(value_m: float) -> float:
    return round(value_m, -1)


def _span(after_min: float, speaker: Speaker) -> str:
    if after_min < _HOUR_MIN:
        return speaker.texts.text("spread.minutes", count=f"{after_min:.0f}")
    return speaker.texts.text("spread.hours", count=f"{after_min / _HOUR_MIN:g}")


def _stage(stage: SpreadStage, spread: IncidentSpread, speaker: Speaker) -> SpreadStageOut:
    at = spread.at + timedelta(minutes=stage.after_min)
    return SpreadStageOut(
        after_min=stage.after_min,
        at=at,
        head_m=_quantiles(stage.head_m, 0),
        area_ha=_quantiles(stage.area_ha, 2),
        words=speaker.texts.text("spread.stage", time=speaker.minute(at), **_facts(stage, speaker)),
    )


def _shapes(spread: IncidentSpread, speaker: Speaker) -> Iterator[dict[str, object]]:
    if spread.forecast is None or spread.fix is None:
        return
    place = spread.fix.position
    # The widest first: what is drawn later lies above.
    for stage in reversed(spread.forecast.stages):
        outlines = (
            ("possible", stage.possible),
            ("likely", stage.likely),
            ("ellipse", None if stage.ellipse is None else stage.ellipse.outline()),
        )
        for kind, outline in outlines:
            if outline is not None:
                label = _span(stage.after_min, speaker)
                points = [(float(east), float(north)) for east, north in outline]
                yield _feature(kind, stage.after_min, label, place, points)


def _feature(
    kind: str, after_min: float, label: str, place: Position, points: list[tuple[float, float]]
) -> dict[str, object]:
    geometry = as_geojson_polygon(outline_polygon(place, points))
    properties = {"kind": kind, "after_min": after_min, "label": label}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _wang(wang: WangRun) -> WangOut:
    return WangOut(
        head_m_min=round(wang.head_m_min or 0.0, 2),
        towards_deg=None if wang.towards_deg is None else round(wang.towards_deg),
        area_ha=[round(area, 2) for area in wang.area_ha],
        is_beyond_data=wang.is_beyond_data,
    )


def _consequence(given: Consequence, speaker: Speaker) -> ConsequenceOut:
    reached = [
        ReachedOut(
            kind=speaker.texts.text(f"exposure.{one.exposure.kind.value}"),
            name=speaker.name(one.exposure.name),
            distance_m=round(one.distance_m, -1),
        )
        for one in given.reached
    ]
    return ConsequenceOut(value=given.value, parts={one.name: one.value for one in given.parts}, reached=reached)


def _fuel(spread: IncidentSpread, speaker: Speaker) -> str:
    burning = [one for one in spread.ground.fuels if one.fuel.fuel.burns]
    if not burning:
        return ""
    likeliest = max(burning, key=lambda one: one.share).fuel
    return speaker.texts.pick(zh=likeliest.name_zh, en=likeliest.name_en)


def _basis(spread: IncidentSpread, speaker: Speaker) -> Iterator[str]:
    """Tell what the forecast rests on, and what it does not know."""
    texts = speaker.texts
    if spread.wind is not None:
        yield _wind(spread, spread.wind, speaker)
    yield from _ground(spread.ground, speaker)
    if spread.rating is not None and spread.ffmc is not None:
        yield texts.text("spread.basis.moisture", ffmc=f"{spread.ffmc:.0f}", day=f"{spread.rating.weather_day:%m-%d}")
    if spread.forecast is None:
        return
    yield from _beside(spread.forecast, speaker)


def _ground(ground: FuelGround, speaker: Speaker) -> Iterator[str]:
    """Tell what burns there, by what that is known, what stops a fire, and how much forest is around."""
    texts = speaker.texts
    total = sum(one.share for one in ground.fuels)
    named = ", ".join(
        f"{texts.pick(zh=one.fuel.name_zh, en=one.fuel.name_en)} {_PERCENT * one.share / total:.0f}%"
        for one in ground.fuels
        if one.fuel.fuel.burns and one.share >= _LEAST_SHARE * total
    )
    if named and ground.cover is None:
        yield texts.text("spread.basis.fuels", fuels=named)
    elif named:
        yield texts.text("spread.basis.fuels.map", fuels=named, metres=f"{FUEL_RADIUS_M:.0f}")
    if ground.unburnt >= _LEAST_SHARE:
        yield texts.text("spread.basis.unburnt", percent=f"{_PERCENT * ground.unburnt:.0f}")
    if ground.forest is not None:
        yield texts.text("spread.basis.forest", percent=f"{_PERCENT * ground.forest:.0f}")


def _wind(spread: IncidentSpread, wind: WindAt, speaker: Speaker) -> str:
    facts = {
        "station": speaker.station(wind.station_id),
        "km": f"{wind.distance_m / 1000.0:.0f}",
        "kmh": f"{wind.wind_kmh:.0f}",
        "age": speaker.age((spread.at - wind.at).total_seconds()),
    }
    if wind.wind_from_deg is None:
        return speaker.texts.text("spread.basis.wind.anywhere", **facts)
    origin = speaker.direction(wind.wind_from_deg)
    return speaker.texts.text("spread.basis.wind", direction=origin, **facts)


def _beside(forecast: SpreadForecast, speaker: Speaker) -> Iterator[str]:
    texts = speaker.texts
    if forecast.slope_pct is None:
        yield texts.text("spread.basis.flat")
    else:
        yield texts.text("spread.basis.slope", slope=f"{forecast.slope_pct:.0f}")
    yield texts.text("spread.basis.rate", head=f"{forecast.head_m_min:.1f}", model="FBP")
    if forecast.wang.head_m_min is not None:
        beyond = texts.text("spread.basis.beyond") if forecast.wang.is_beyond_data else ""
        yield texts.text("spread.basis.wang", head=f"{forecast.wang.head_m_min:.1f}") + beyond
