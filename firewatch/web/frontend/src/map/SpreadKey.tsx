import type { Map as GlMap } from "maplibre-gl";
import { t } from "../boot";
import { isSpreadOn, spread, SPREAD_COLOURS, spreadBox } from "./spread";

/** What the shapes of the spread mean, whether they are drawn, and a way to see them: they are small on a wide map. */
export function SpreadKey({ map }: { map: GlMap }) {
  const shown = spread.value;
  if (!shown || shown.stages.length === 0) return null;
  const zoom = () => {
    const box = spreadBox();
    if (box) map.fitBounds(box, { padding: 60, maxZoom: 15, animate: false });
  };
  return (
    <ul class="surfacekey spreadkey" aria-label={t("spread.legend.aria")}>
      <li>
        <label>
          <input
            type="checkbox"
            checked={isSpreadOn.value}
            onChange={(event) => (isSpreadOn.value = event.currentTarget.checked)}
          />{" "}
          {t("map.layer.spread")}
        </label>
      </li>
      {shown.stages.map((stage, place) => (
        <li key={stage.after_min}>
          <svg width="22" height="12" aria-hidden="true">
            <ellipse cx="11" cy="6" rx="9.5" ry="4.5" fill="none" stroke={SPREAD_COLOURS[place]} stroke-width="2" />
          </svg>
          {stage.after_min < 60
            ? t("spread.minutes", { count: stage.after_min })
            : t("spread.hours", { count: stage.after_min / 60 })}
        </li>
      ))}
      <li class="quiet">{t("spread.legend")}</li>
      <li>
        <button type="button" onClick={zoom}>
          {t("map.spread.zoom")}
        </button>
      </li>
    </ul>
  );
}
