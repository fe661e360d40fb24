import { t } from "../boot";
import { percent } from "../format";
import type { Card, TowerDoubt, Whereabouts } from "../types";
import { areaKm2, compared, isDoubtful, sigmas, signed, whereabouts } from "../whereabouts";

const size = (area: number): string =>
  area < 1 ? t("region.hectares", { area: (area * 100).toPrecision(2) }) : t("region.km2", { area: area.toFixed(1) });

function Residual({ tower, card }: { tower: TowerDoubt; card: Card }) {
  const own = sigmas(tower, card.bearings);
  const facts = { tower: tower.tower, degrees: signed(tower.residual_deg) };
  return (
    <li>
      {own === null ? t("region.tower", facts) : t("region.tower.sigmas", { ...facts, sigmas: own.toFixed(1) })}
      {isDoubtful(tower) && (
        <span class="mark">
          {t("region.doubt", { percent: percent(tower.probability), turn: signed(tower.turn_deg) })}
        </span>
      )}
    </li>
  );
}

const MOST_TOWNSHIPS = 5;

/** In which townships it may lie; what is left over lies outside all outlines, or in one less likely. */
function InTownships({ found }: { found: Whereabouts }) {
  const named = found.townships.slice(0, MOST_TOWNSHIPS);
  if (named.length === 0) return null;
  const words = named.map(({ township, probability }) => `${township} ${percent(probability)}%`);
  return <p>{t("region.townships", { names: words.join(t("list.comma")) })}</p>;
}

/** What the region on the map says, in words, and how far each tower's bearing passes the likeliest place. */
export function Region({ card }: { card: Card }) {
  const found = whereabouts.value;
  if (!found) return null;
  const towers = compared(found);
  return (
    <div class="region">
      <p>{t("region.words", { half: size(areaKm2(found.region50)), most: size(areaKm2(found.region90)) })}</p>
      <InTownships found={found} />
      {towers.length > 0 && (
        <>
          <p class="quiet">{t("region.residuals")}</p>
          <ul>
            {towers.map((tower, place) => (
              <Residual key={`${tower.tower_id} ${place}`} tower={tower} card={card} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
