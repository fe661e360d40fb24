/** What the map shows, as GeoJSON made from the page's signals. */
import type { Map as GlMap } from "maplibre-gl";
import { cards, selectedId, stations, towers } from "../state";
import { whereabouts } from "../whereabouts";
import type { Card, Where } from "../types";
import { incidentMark, stationMark, towerMark } from "./marks";

type Feature = GeoJSON.Feature;

export const nothing: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

const collection = (features: Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features });

const feature = (geometry: GeoJSON.Geometry, properties: Record<string, unknown>): Feature => ({
  type: "Feature",
  geometry,
  properties,
});

const point = (lon: number, lat: number): GeoJSON.Point => ({ type: "Point", coordinates: [lon, lat] });

/** Closed incidents leave the map, except the one that is open on the right. */
const shown = (): Card[] => cards.value.filter((card) => card.is_open || card.incident_id === selectedId.value);

export function towerShapes(map: GlMap): GeoJSON.FeatureCollection {
  return collection(
    towers.value.map((tower) =>
      feature(point(tower.lon_deg, tower.lat_deg), { icon: towerMark(map, tower.name, tower.online, tower.total) }),
    ),
  );
}

export function stationShapes(map: GlMap): GeoJSON.FeatureCollection {
  return collection(
    stations.value.map((station) =>
      feature(point(station.lon_deg, station.lat_deg), { icon: stationMark(map, station.name, station.grade) }),
    ),
  );
}

/** By what an incident is coloured: an exercise in whatever state is no fire. */
const look = (card: Card): string => (card.is_exercise ? "EXERCISE" : card.state);

export function bearingShapes(): GeoJSON.FeatureCollection {
  return collection(
    shown().flatMap((card) =>
      card.bearings.map((bearing) =>
        feature(
          { type: "LineString", coordinates: bearing.line },
          { id: card.incident_id, state: look(card), isSelected: card.incident_id === selectedId.value },
        ),
      ),
    ),
  );
}

const ellipse = (card: Card, where: Where, isPossible: boolean): Feature =>
  feature({ type: "Polygon", coordinates: where.ellipse }, { id: card.incident_id, state: look(card), isPossible });

export function ellipseShapes(): GeoJSON.FeatureCollection {
  return collection(
    shown().flatMap((card) => [
      // The region of what is open says more than its ellipse.
      ...(card.where && !(whereabouts.value && card.incident_id === selectedId.value) ? [ellipse(card, card.where, false)] : []),
      ...card.possible_places.map((place) => ellipse(card, place.where, true)),
    ]),
  );
}

export function incidentShapes(map: GlMap): GeoJSON.FeatureCollection {
  return collection(
    shown().flatMap((card) =>
      card.where
        ? [
            feature(point(card.where.lon_deg, card.where.lat_deg), {
              id: card.incident_id,
              icon: incidentMark(map, card.state, card.number, card.incident_id === selectedId.value, card.is_exercise),
            }),
          ]
        : [],
    ),
  );
}

/** Lines of whole tenths of a degree: without a base map they give the eye a scale. */
export function graticule(west: number, south: number, east: number, north: number): GeoJSON.FeatureCollection {
  const lines: Feature[] = [];
  for (let lon = Math.ceil(west * 10); lon <= east * 10; lon += 1) {
    const line = [[lon / 10, south], [lon / 10, north]];
    lines.push(feature({ type: "LineString", coordinates: line }, { isWhole: lon % 10 === 0 }));
  }
  for (let lat = Math.ceil(south * 10); lat <= north * 10; lat += 1) {
    const line = [[west, lat / 10], [east, lat / 10]];
    lines.push(feature({ type: "LineString", coordinates: line }, { isWhole: lat % 10 === 0 }));
  }
  return collection(lines);
}

/**
 * The box around towers and located incidents, and around the stations too where it shall hold everything or there is
 * no tower: west, south, east, north. Stations may lie far outside what the towers watch.
 */
export function extent(holdsAll: boolean): [number, number, number, number] | null {
  const places = [
    ...towers.value,
    ...(holdsAll || towers.value.length === 0 ? stations.value : []),
    ...cards.value.flatMap((card) => (card.is_open && card.where ? [card.where] : [])),
  ];
  if (places.length === 0) return null;
  const lons = places.map((place) => place.lon_deg);
  const lats = places.map((place) => place.lat_deg);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
