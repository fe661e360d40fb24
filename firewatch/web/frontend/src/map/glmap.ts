/** The GL map: loaded after the queue, redrawn only when something changed. */
import { effect } from "@preact/signals";
import type { GeoJSONSource, Map as GlMap } from "maplibre-gl";
import { open } from "../actions";
import { api } from "../api";
import { t } from "../boot";
import { selected } from "../state";
import { followHeats } from "./heats";
import { followRegion } from "./region";
import { followSpread } from "./spread";
import { followSurface } from "./surface";
import { style, type SourceName } from "./layers";
import { bearingShapes, ellipseShapes, extent, graticule, incidentShapes, stationShapes, towerShapes } from "./shapes";

/** Room for the labels beside the outermost places. */
const PADDING_PX = { top: 48, bottom: 56, left: 72, right: 72 };
const CLOSE_ZOOM = 11;
const CONES_AGAIN_MS = 5000;

/** Whether a browser draws GL by the processor: then the map keeps its pixels coarse and never animates. */
export function isSoftwareGl(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const facts = gl?.getExtension("WEBGL_debug_renderer_info");
  const renderer = gl && facts ? String(gl.getParameter(facts.UNMASKED_RENDERER_WEBGL)) : "";
  return /swiftshader|llvmpipe|software/i.test(renderer);
}

function put(map: GlMap, name: SourceName, shapes: GeoJSON.FeatureCollection): void {
  map.getSource<GeoJSONSource>(name)?.setData(shapes);
}

export function fit(map: GlMap, holdsAll: boolean): void {
  const box = extent(holdsAll);
  if (box) map.fitBounds(box, { padding: PADDING_PX, maxZoom: CLOSE_ZOOM, animate: false });
}

function follow(map: GlMap): (() => void)[] {
  return [
    followSurface(map),
    followRegion(map),
    followSpread(map),
    followHeats(map),
    effect(() => put(map, "towers", towerShapes(map))),
    effect(() => put(map, "stations", stationShapes(map))),
    effect(() => put(map, "bearings", bearingShapes())),
    effect(() => put(map, "ellipses", ellipseShapes())),
    effect(() => put(map, "incidents", incidentShapes(map))),
    effect(() => {
      const where = selected.value?.where;
      if (where && !map.getBounds().contains([where.lon_deg, where.lat_deg])) {
        map.easeTo({ center: [where.lon_deg, where.lat_deg], duration: isSoftwareGl() ? 0 : 400 });
      }
    }),
  ];
}

/** The sites hardly ever change: they are asked for until they come once. */
async function drawCones(map: GlMap): Promise<void> {
  try {
    put(map, "cones", await api.sites());
  } catch {
    window.setTimeout(() => void drawCones(map), CONES_AGAIN_MS);
  }
}

function listen(map: GlMap): void {
  for (const layer of ["incidents", "bearings"]) {
    map.on("click", layer, (event) => {
      const id: unknown = event.features?.[0]?.properties["id"];
      if (typeof id === "string") open(id);
    });
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
}

/** Start the map in a box; return how to stop it. */
export async function startMap(box: HTMLElement): Promise<{ map: GlMap; stop: () => void }> {
  const gl = (await import("maplibre-gl")).default;
  await import("maplibre-gl/dist/maplibre-gl.css");
  const isSoftware = isSoftwareGl();
  const map = new gl.Map({
    container: box,
    style: style(),
    center: [112.6, 26.95],
    zoom: 9,
    maxZoom: 16,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    attributionControl: false,
    ...(isSoftware ? { pixelRatio: 1 } : {}),
    locale: {
      "NavigationControl.ZoomIn": t("map.zoom.in"),
      "NavigationControl.ZoomOut": t("map.zoom.out"),
      "Map.Title": t("map.aria"),
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new gl.ScaleControl({ maxWidth: 120 }), "bottom-left");
  await map.once("load");
  fit(map, false);
  void drawCones(map);
  const bounds = map.getBounds();
  put(
    map,
    "graticule",
    graticule(bounds.getWest() - 2, bounds.getSouth() - 2, bounds.getEast() + 2, bounds.getNorth() + 2),
  );
  const stops = follow(map);
  listen(map);
  const watcher = new ResizeObserver(() => map.resize());
  watcher.observe(box);
  // For whoever measures where things lie on it: the browser's console, and the tests.
  Object.assign(box, { glmap: map });
  box.dataset["ready"] = "yes";
  return {
    map,
    stop: () => {
      stops.forEach((stop) => stop());
      watcher.disconnect();
      map.remove();
    },
  };
}
