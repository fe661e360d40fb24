/** Where the open incident may be, drawn over the map, with how far each tower's bearing errs, and other places. */
import { computed, effect, signal } from "@preact/signals";
import type { GeoJSONSource, Map as GlMap } from "maplibre-gl";
import { t } from "../boot";
import { percent } from "../format";
import { selected } from "../state";
import { compared, isDoubtful, partsOf, signed, whereabouts } from "../whereabouts";
import { labelMark, likelyMark, possibleMark } from "./marks";
import { nothing } from "./shapes";

export const isRegionOn = signal(true);
export const REGION_COLOUR = "#ff9f5a";
const AGREES = "#9fd0f7";
const DOUBTED = "#ffb020";

const LAYERS = ["region-fill", "region-edges", "residuals", "possible-places"] as const;
const BELOW = "bearings";
type Lonlat = [number, number];

const feature = (geometry: GeoJSON.Geometry, properties: Record<string, unknown>): GeoJSON.Feature => ({
  type: "Feature",
  geometry,
  properties,
});

function regions(): GeoJSON.Feature[] {
  const found = whereabouts.value;
  if (!found) return [];
  return [feature(found.region90, { share: 90 }), feature(found.region50, { share: 50 })];
}

/** At the middle between tower and fire; where it is not located, at the middle of the line. */
function residuals(map: GlMap): GeoJSON.Feature[] {
  const [found, card] = [whereabouts.value, selected.value];
  if (!found || !card) return [];
  return compared(found).flatMap((tower) => {
    const line = card.bearings.find((bearing) => bearing.tower_id === tower.tower_id)?.line;
    const [from, end] = [line?.[0], line?.[line.length - 1]];
    if (!from || !end) return [];
    const to: Lonlat = card.where ? [card.where.lon_deg, card.where.lat_deg] : end;
    const words = t("region.residual", { degrees: signed(tower.residual_deg) });
    const icon = isDoubtful(tower)
      ? labelMark(map, `${words} ${t("region.doubtful")}`, DOUBTED)
      : labelMark(map, words, AGREES);
    return [feature({ type: "Point", coordinates: [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2] }, { icon })];
  });
}

/** Of what one tower sees; hollow and grey beside the drop of a position. */
export const likely = computed(() => (selected.value?.where ? null : (whereabouts.value?.likely_point ?? null)));

function places(map: GlMap): GeoJSON.Feature[] {
  const point = likely.value;
  if (!point) return possible(map);
  const icon = likelyMark(map, t("where.likely"));
  return [...possible(map), feature({ type: "Point", coordinates: [point.lon_deg, point.lat_deg] }, { icon })];
}

function possible(map: GlMap): GeoJSON.Feature[] {
  return (selected.value?.possible_places ?? []).map(({ where, chance }) =>
    feature(
      { type: "Point", coordinates: [where.lon_deg, where.lat_deg] },
      { icon: possibleMark(map, `${percent(chance)}%`) },
    ),
  );
}

/** Whether something of it is drawn, so that a key is needed. */
export const hasRegion = computed(() => whereabouts.value !== null || (selected.value?.possible_places.length ?? 0) > 0);

const icons = (id: string) => ({
  id,
  type: "symbol" as const,
  source: id,
  layout: {
    "icon-image": ["get", "icon"] as ["get", string],
    "icon-allow-overlap": true,
    "icon-ignore-placement": true,
  },
});

function addLayers(map: GlMap): void {
  for (const name of ["region", "residuals", "possible-places"]) map.addSource(name, { type: "geojson", data: nothing });
  const fill = { "fill-color": REGION_COLOUR, "fill-opacity": 0.2 };
  map.addLayer({ id: "region-fill", type: "fill", source: "region", paint: fill }, BELOW);
  map.addLayer(
    {
      id: "region-edges",
      type: "line",
      source: "region",
      paint: { "line-color": REGION_COLOUR, "line-width": ["case", ["==", ["get", "share"], 50], 2.4, 1.2] },
    },
    BELOW,
  );
  map.addLayer({ ...icons("residuals"), minzoom: 9 });
  map.addLayer(icons("possible-places"));
}

function put(map: GlMap, name: string, features: GeoJSON.Feature[]): void {
  map.getSource<GeoJSONSource>(name)?.setData({ type: "FeatureCollection", features });
}

/** Keep the region as the open incident and the switch say; return how to stop. */
export function followRegion(map: GlMap): () => void {
  addLayers(map);
  const stops = [
    effect(() => put(map, "region", regions())),
    effect(() => put(map, "residuals", residuals(map))),
    effect(() => put(map, "possible-places", places(map))),
    effect(() => {
      const visibility = isRegionOn.value ? "visible" : "none";
      for (const layer of LAYERS) map.setLayoutProperty(layer, "visibility", visibility);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** West, south, east and north of the region and the possible places; null where there is none. */
export function regionBox(): [number, number, number, number] | null {
  const found = whereabouts.value;
  const corners = [
    ...(found ? partsOf(found.region90).flatMap((rings) => rings[0] ?? []) : []),
    ...(selected.value?.possible_places ?? []).map(({ where }) => [where.lon_deg, where.lat_deg]),
  ];
  if (corners.length === 0) return null;
  const lons = corners.map((corner) => corner[0] ?? 0);
  const lats = corners.map((corner) => corner[1] ?? 0);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
