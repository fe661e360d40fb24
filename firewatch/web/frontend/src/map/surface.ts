/** The danger between the stations, as a picture under the other layers: off until somebody asks for it. */
import { effect, signal } from "@preact/signals";
import type { ImageSource, Map as GlMap } from "maplibre-gl";
import { api, Refused } from "../api";
import { danger } from "../state";
import type { Surface } from "../types";

const NAME = "surface";
const ABOVE = "cones";
const AGAIN_MS = 5000;

export const isSurfaceOn = signal(false);
/** What is shown; null while none is there, "none" where there is no surface. */
export const surface = signal<Surface | "none" | null>(null);

function draw(map: GlMap, found: Surface): void {
  const picture = { url: found.picture_url, coordinates: found.corners };
  const source = map.getSource<ImageSource>(NAME);
  if (source) {
    source.updateImage(picture);
    map.setLayoutProperty(NAME, "visibility", "visible");
    return;
  }
  map.addSource(NAME, { type: "image", ...picture });
  map.addLayer({ id: NAME, type: "raster", source: NAME, paint: { "raster-fade-duration": 0 } }, ABOVE);
}

function hide(map: GlMap): void {
  if (map.getLayer(NAME)) map.setLayoutProperty(NAME, "visibility", "none");
}

async function look(map: GlMap, isStill: () => boolean): Promise<void> {
  let found: Surface | "none";
  try {
    found = await api.surface();
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) {
      window.setTimeout(() => isStill() && void look(map, isStill), AGAIN_MS);
      return;
    }
    found = "none";
  }
  if (!isStill()) return;
  surface.value = found;
  if (found === "none") hide(map);
  else draw(map, found);
}

/** Keep the layer as the switch says, and fresh with each change of ratings; return how to stop. */
export function followSurface(map: GlMap): () => void {
  let turn = 0;
  const stop = effect(() => {
    const mine = ++turn;
    void danger.value;
    if (isSurfaceOn.value) void look(map, () => mine === turn);
    else hide(map);
  });
  return () => {
    turn += 1;
    stop();
  };
}
