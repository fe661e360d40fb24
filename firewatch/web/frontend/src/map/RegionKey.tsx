import type { Map as GlMap } from "maplibre-gl";
import { lookAddress } from "../actions";
import { t } from "../boot";
import { selected } from "../state";
import { whereabouts } from "../whereabouts";
import { LIKELY_COLOUR } from "./marks";
import { hasRegion, isRegionOn, likely, REGION_COLOUR, regionBox } from "./region";

function Swatch({ width, opacity }: { width: number; opacity: number }) {
  return (
    <svg width="22" height="12" aria-hidden="true">
      <ellipse
        cx="11"
        cy="6"
        rx="9.5"
        ry="4.5"
        fill={REGION_COLOUR}
        fill-opacity={opacity}
        stroke={REGION_COLOUR}
        stroke-width={width}
      />
    </svg>
  );
}

/** What the region means, whether it is drawn, a way to see it closely, and whom else to ask. */
export function RegionKey({ map }: { map: GlMap }) {
  const card = selected.value;
  if (!card || !hasRegion.value) return null;
  const zoom = () => {
    const box = regionBox();
    if (box) map.fitBounds(box, { padding: 60, maxZoom: 15, animate: false });
  };
  return (
    <ul class="surfacekey spreadkey regionkey" aria-label={t("region.legend.aria")}>
      <li>
        <label>
          <input
            type="checkbox"
            checked={isRegionOn.value}
            onChange={(event) => (isRegionOn.value = event.currentTarget.checked)}
          />{" "}
          {t("map.layer.region")}
        </label>
      </li>
      {whereabouts.value && (
        <>
          <li>
            <Swatch width={2.4} opacity={0.36} />
            {t("region.legend.50")}
          </li>
          <li>
            <Swatch width={1.2} opacity={0.2} />
            {t("region.legend.90")}
          </li>
        </>
      )}
      {likely.value && (
        <li>
          <svg width="16" height="16" aria-hidden="true">
            <circle cx="8" cy="8" r="6" fill="none" stroke={LIKELY_COLOUR} stroke-width="2" stroke-dasharray="2 3" />
          </svg>
          {t("where.likely")}
        </li>
      )}
      {card.possible_places.length > 0 && (
        <li>
          <svg width="16" height="16" aria-hidden="true">
            <circle cx="8" cy="8" r="6" fill="none" stroke="#ffb020" stroke-width="2" stroke-dasharray="4 3" />
          </svg>
          {t("region.legend.possible")}
        </li>
      )}
      <li>
        <button type="button" onClick={zoom}>
          {t("map.spread.zoom")}
        </button>
      </li>
      {card.is_open && (
        <li>
          <a href={lookAddress(card.incident_id)}>{t("action.look")}</a>
        </li>
      )}
    </ul>
  );
}
