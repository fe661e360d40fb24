import type { Map as GlMap } from "maplibre-gl";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../boot";
import { isLoaded } from "../state";
import { fit, isSoftwareGl, startMap } from "./glmap";
import { SWITCHES } from "./layers";
import { MapList } from "./MapList";
import { isSurfaceOn } from "./surface";
import { RegionKey } from "./RegionKey";
import { SpreadKey } from "./SpreadKey";
import { SurfaceKey } from "./SurfaceKey";

function LayerSwitches({ map }: { map: GlMap }) {
  const [off, setOff] = useState<Set<string>>(new Set());
  const turn = (text: string, layers: string[]) => {
    const next = new Set(off);
    if (!next.delete(text)) next.add(text);
    for (const layer of layers) map.setLayoutProperty(layer, "visibility", next.has(text) ? "none" : "visible");
    setOff(next);
  };
  return (
    <span role="group" aria-label={t("map.layers")}>
      {SWITCHES.map(({ text, layers }) => (
        <button key={text} type="button" aria-pressed={!off.has(text)} onClick={() => turn(text, layers)}>
          {t(text)}
        </button>
      ))}
      <button type="button" aria-pressed={isSurfaceOn.value} onClick={() => (isSurfaceOn.value = !isSurfaceOn.value)}>
        {t("map.layer.surface")}
      </button>
      <button type="button" onClick={() => fit(map, true)}>
        {t("map.fit")}
      </button>
    </span>
  );
}

/** The map, and its twin: a list with the same things in the same order. */
export function MapPane() {
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<GlMap | null>(null);
  const [failed, setFailed] = useState(false);
  const [isList, setList] = useState(false);
  const ready = isLoaded.value;
  useEffect(() => {
    if (!ready || !box.current) return undefined;
    let stop = () => {};
    startMap(box.current)
      .then((started) => {
        stop = started.stop;
        setMap(started.map);
      })
      .catch(() => {
        setFailed(true);
        setList(true);
      });
    return () => stop();
  }, [ready]);
  return (
    <section class="mappane" aria-label={t("map.title")}>
      <div class="maptools">
        <span role="group">
          <button type="button" aria-pressed={!isList} disabled={failed} onClick={() => setList(false)}>
            {t("map.title")}
          </button>
          <button type="button" aria-pressed={isList} onClick={() => setList(true)}>
            {t("map.list")}
          </button>
        </span>
        {map && !isList && <LayerSwitches map={map} />}
        {map && !isList && isSoftwareGl() && <small>{t("map.lowpower")}</small>}
      </div>
      {map && !isList && <SurfaceKey />}
      {map && !isList && <RegionKey map={map} />}
      {map && !isList && <SpreadKey map={map} />}
      {failed && <p class="nogpu">{t("map.nogpu")}</p>}
      <div class="map" ref={box} hidden={isList} />
      {isList && <MapList />}
    </section>
  );
}
