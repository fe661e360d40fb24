/** How the open incident spreads, drawn over the map: three nested shapes, each labelled with its time. */
import { computed, effect, signal } from "@preact/signals";
import type { GeoJSONSource, Map as GlMap } from "maplibre-gl";
import { detail, selectedId } from "../state";
import { labelMark } from "./marks";
import { nothing } from "./shapes";

export const isSpreadOn = signal(true);
/** By the order of the times: the nearest is the brightest. */
export const SPREAD_COLOURS = ["#fff3c4", "#ffc45c", "#ff8a3d"] as const;

const LAYERS = ["spread-possible", "spread-likely", "spread-ellipse", "spread-labels"] as const;
const BELOW = "bearings";

/** The spread of what is open, once its detail is there. */
export const spread = computed(() => {
  const loaded = detail.value;
  return loaded && loaded.card.incident_id === selectedId.value ? loaded.spread : null;
});

type Ring = [number, number][];
const ringOf = (shape: GeoJSON.Feature): Ring => (shape.geometry as GeoJSON.Polygon).coordinates[0] as Ring;

/** Every shape with the place of its time among the stages. */
function drawn(): GeoJSON.Feature[] {
  const times = spread.value?.stages.map((stage) => stage.after_min) ?? [];
  return (spread.value?.shapes.features ?? []).map((shape) => {
    const place = times.indexOf(shape.properties?.["after_min"] as number);
    return { ...shape, properties: { ...shape.properties, colour: SPREAD_COLOURS[place] ?? SPREAD_COLOURS[2] } };
  });
}

/** A label at the corner of each outer line that is furthest from the fire. */
function labels(map: GlMap): GeoJSON.Feature[] {
  const where = detail.value?.card.where;
  if (!where) return [];
  const away = ([lon, lat]: [number, number]) => Math.hypot((lon - where.lon_deg) * 0.89, lat - where.lat_deg);
  return drawn()
    .filter((shape) => shape.properties?.["kind"] === "possible")
    .map((shape) => {
      const corner = ringOf(shape).reduce((best, one) => (away(one) > away(best) ? one : best));
      const icon = labelMark(map, String(shape.properties?.["label"]), String(shape.properties?.["colour"]));
      return { type: "Feature", geometry: { type: "Point", coordinates: corner }, properties: { icon } };
    });
}

function addLayers(map: GlMap): void {
  map.addSource("spread", { type: "geojson", data: nothing });
  map.addSource("spread-labels", { type: "geojson", data: nothing });
  const line = { "line-color": ["get", "colour"] as ["get", string], "line-width": 1.4 };
  const of = (kind: string) => ["==", ["get", "kind"], kind] as ["==", ["get", string], string];
  map.addLayer(
    {
      id: "spread-possible",
      type: "line",
      source: "spread",
      filter: of("possible"),
      paint: { ...line, "line-dasharray": [2, 2] },
    },
    BELOW,
  );
  const fill = { "fill-color": line["line-color"], "fill-opacity": 0.14 };
  map.addLayer({ id: "spread-likely", type: "fill", source: "spread", filter: of("likely"), paint: fill }, BELOW);
  map.addLayer(
    {
      id: "spread-ellipse",
      type: "line",
      source: "spread",
      filter: of("ellipse"),
      paint: { ...line, "line-width": 2.4 },
    },
    BELOW,
  );
  map.addLayer({
    id: "spread-labels",
    type: "symbol",
    source: "spread-labels",
    // Further out they would lie on each other, and on the incident.
    minzoom: 11,
    layout: { "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-ignore-placement": true },
  });
}

const put = (map: GlMap, name: string, features: GeoJSON.Feature[]) =>
  map.getSource<GeoJSONSource>(name)?.setData({ type: "FeatureCollection", features });

/** Keep the shapes as the open incident and the switch say; return how to stop. */
export function followSpread(map: GlMap): () => void {
  addLayers(map);
  const stops = [
    effect(() => {
      put(map, "spread", drawn());
      put(map, "spread-labels", labels(map));
    }),
    effect(() => {
      const visibility = isSpreadOn.value ? "visible" : "none";
      for (const layer of LAYERS) map.setLayoutProperty(layer, "visibility", visibility);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** West, south, east and north of all shapes; null where there is none. */
export function spreadBox(): [number, number, number, number] | null {
  const corners = drawn().flatMap(ringOf);
  if (corners.length === 0) return null;
  const [lons, lats] = [corners.map((corner) => corner[0]), corners.map((corner) => corner[1])];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
