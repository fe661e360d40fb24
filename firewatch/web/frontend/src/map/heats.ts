/** Hotspots of satellites on the map: a square on each element, a diamond on what is to be verified. */
import { effect } from "@preact/signals";
import type { GeoJSONSource, Map as GlMap } from "maplibre-gl";
import { span } from "../format";
import { chooseHeat, chosenHeat, hotspots } from "../heats";
import { serverNow } from "../state";
import { heatMark } from "./marks";
import { nothing } from "./shapes";

/** Ages are written on the map: they are drawn anew this often. */
const AGES_MS = 60_000;

function marks(map: GlMap): GeoJSON.FeatureCollection {
  const shown = (hotspots.value?.items ?? []).filter((one) => one.state === "verify");
  return {
    type: "FeatureCollection",
    features: shown.map((heat) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [heat.lon_deg, heat.lat_deg] },
      properties: {
        id: heat.item_id,
        icon: heatMark(
          map,
          span(serverNow.peek() - Date.parse(heat.last_at)),
          heat.source !== "",
          chosenHeat.value === heat.item_id,
        ),
      },
    })),
  };
}

function addLayers(map: GlMap): void {
  map.addSource("heat-points", { type: "geojson", data: nothing });
  map.addSource("heats", { type: "geojson", data: nothing });
  map.addLayer(
    {
      id: "heat-points",
      type: "circle",
      source: "heat-points",
      paint: {
        "circle-radius": 4,
        "circle-color": ["match", ["get", "state"], "verify", "#ff7ad9", "matched", "#ffb547", "#7d8c99"],
        "circle-opacity": 0.75,
        "circle-stroke-color": "#0b1116",
        "circle-stroke-width": 1,
      },
    },
    "incidents",
  );
  map.addLayer({
    id: "heats",
    type: "symbol",
    source: "heats",
    layout: {
      "icon-image": ["get", "icon"],
      "icon-anchor": "top",
      "icon-offset": [0, -13],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  });
}

/** Keep the layers as the hotspots are; return how to stop. */
export function followHeats(map: GlMap): () => void {
  addLayers(map);
  const put = (name: string, shapes: GeoJSON.FeatureCollection): void => {
    map.getSource<GeoJSONSource>(name)?.setData(shapes);
  };
  const draw = () => put("heats", marks(map));
  const stops = [
    effect(() => put("heat-points", hotspots.value?.points ?? nothing)),
    effect(draw),
    effect(() => {
      const heat = hotspots.value?.items.find((one) => one.item_id === chosenHeat.value);
      if (heat && !map.getBounds().contains([heat.lon_deg, heat.lat_deg])) {
        map.easeTo({ center: [heat.lon_deg, heat.lat_deg], duration: 0 });
      }
    }),
  ];
  const ages = window.setInterval(draw, AGES_MS);
  map.on("click", "heats", (event) => {
    const id: unknown = event.features?.[0]?.properties["id"];
    if (typeof id === "string") chooseHeat(id);
  });
  map.on("mouseenter", "heats", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "heats", () => (map.getCanvas().style.cursor = ""));
  return () => {
    stops.forEach((stop) => stop());
    window.clearInterval(ages);
  };
}
