/** The map's style: a plain ground, and our own layers from bottom to top. */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { nothing } from "./shapes";

const stateColour: ExpressionSpecification = [
  "match",
  ["get", "state"],
  "EXERCISE",
  "#b58cff",
  "SUSPECTED",
  "#ffb020",
  "FALSE_ALARM",
  "#7d8c99",
  "#ff5a4d",
];

export const SOURCES = ["graticule", "cones", "bearings", "ellipses", "stations", "towers", "incidents"] as const;
export type SourceName = (typeof SOURCES)[number];

const icons = (id: SourceName, anchor: "top", offset: [number, number]): LayerSpecification => ({
  id,
  type: "symbol",
  source: id,
  layout: {
    "icon-image": ["get", "icon"],
    "icon-anchor": anchor,
    "icon-offset": offset,
    "icon-allow-overlap": true,
    "icon-ignore-placement": true,
  },
});

const LAYERS: LayerSpecification[] = [
  { id: "ground", type: "background", paint: { "background-color": "#131c24" } },
  {
    id: "graticule",
    type: "line",
    source: "graticule",
    paint: { "line-color": "#24323d", "line-width": ["case", ["get", "isWhole"], 1.6, 0.7] },
  },
  {
    id: "cones",
    type: "fill",
    source: "cones",
    filter: ["==", ["get", "kind"], "cone"],
    paint: { "fill-color": "#6fb1e0", "fill-opacity": 0.07 },
  },
  {
    id: "cone-edges",
    type: "line",
    source: "cones",
    filter: ["==", ["get", "kind"], "cone"],
    paint: { "line-color": "#6fb1e0", "line-opacity": 0.28, "line-width": 1 },
  },
  {
    id: "bearings",
    type: "line",
    source: "bearings",
    paint: {
      "line-color": stateColour,
      "line-width": ["case", ["get", "isSelected"], 2.6, 1.4],
      "line-opacity": ["case", ["get", "isSelected"], 1, 0.65],
      "line-dasharray": [4, 2],
    },
  },
  { id: "ellipses", type: "fill", source: "ellipses", paint: { "fill-color": stateColour, "fill-opacity": ["case", ["get", "isPossible"], 0.1, 0.35] } },
  {
    id: "ellipse-edges",
    type: "line",
    source: "ellipses",
    paint: { "line-color": stateColour, "line-width": 1.5 },
  },
  icons("stations", "top", [0, -10]),
  icons("towers", "top", [0, -12]),
  icons("incidents", "top", [0, -19]),
];

export const style = (): StyleSpecification => ({
  version: 8,
  sources: Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: nothing }])),
  layers: LAYERS,
});

/** Layers that a person may switch off. */
export const SWITCHES = [
  { text: "map.layer.cones", layers: ["cones", "cone-edges"] },
  { text: "map.layer.danger", layers: ["stations"] },
  { text: "map.layer.bearings", layers: ["bearings"] },
  { text: "map.layer.hotspots", layers: ["heat-points", "heats"] },
];
