import { useState } from "preact/hooks";
import { lookAddress } from "../actions";
import { t } from "../boot";
import { azimuth, percent } from "../format";
import type { Card, PossiblePlace } from "../types";
import { whereabouts } from "../whereabouts";
import { Looks } from "./Looks";
import { Region } from "./Region";

const DIGITS = 6;

function Copyable({ name, lat, lon }: { name: string; lat: number; lon: number }) {
  const [copied, setCopied] = useState(false);
  const words = `${lat.toFixed(DIGITS)}, ${lon.toFixed(DIGITS)}`;
  const copy = async () => {
    await copyText(words);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 2000);
  };
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <code>{words}</code>
      </td>
      <td>
        <button type="button" aria-label={`${t("where.copy")} ${name}`} onClick={() => void copy()}>
          {t(copied ? "where.copied" : "where.copy")}
        </button>
      </td>
    </tr>
  );
}

/** The clipboard of browsers exists only over HTTPS and on loopback; elsewhere the old way works. */
async function copyText(words: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(words);
  const field = document.createElement("textarea");
  field.value = words;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** Where its bearings could cross as well: none of it is drawn as the fire. */
function PossiblePlaces({ places, isLocated }: { places: PossiblePlace[]; isLocated: boolean }) {
  if (places.length === 0) return null;
  return (
    <>
      <p class={isLocated ? "quiet" : "mark several"}>{t(isLocated ? "where.also" : "where.several")}</p>
      <table class="possible">
        <tbody>
          {places.map(({ where, towers, chance }) => (
            <Copyable
              key={`${where.lat_deg} ${where.lon_deg}`}
              name={`${towers.join(" + ")} (${percent(chance)}%)`}
              lat={where.lat_deg}
              lon={where.lon_deg}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Of what one tower sees: likelier than any other place, said more softly than a position, and never an alert's. */
function LikelyPlace() {
  const point = whereabouts.value?.likely_point;
  if (!point) return null;
  return (
    <div class="likely">
      <h3>{t("where.likely")}</h3>
      <table>
        <tbody>
          <Copyable name={t("where.wgs")} lat={point.lat_deg} lon={point.lon_deg} />
          <Copyable name={t("where.gcj")} lat={point.gcj_lat_deg} lon={point.gcj_lon_deg} />
        </tbody>
      </table>
      <p class="quiet">{t("where.likely.words", { major: kilometres(point.major_m) })}</p>
    </div>
  );
}

const kilometres = (metres: number): string => (metres / 1000).toFixed(1);

export function WhereBox({ card }: { card: Card }) {
  const { where, bearings } = card;
  const only = bearings[0];
  return (
    <section class="box where">
      <h2>{t("detail.where")}</h2>
      {where ? (
        <>
          <table>
            <tbody>
              <Copyable name={t("where.wgs")} lat={where.lat_deg} lon={where.lon_deg} />
              <Copyable name={t("where.gcj")} lat={where.gcj_lat_deg} lon={where.gcj_lon_deg} />
            </tbody>
          </table>
          <p class="quiet">{where.words}</p>
        </>
      ) : (
        <p class="quiet">
          {only && card.towers.length === 1
            ? t("where.unlocated.one", { azimuth: azimuth(only.azimuth_deg) })
            : t("where.unlocated")}
        </p>
      )}
      {!where && <LikelyPlace />}
      <Region card={card} />
      <PossiblePlaces places={card.possible_places} isLocated={where !== null} />
      {card.is_open && (
        <>
          <Looks />
          <a class="asknear" href={lookAddress(card.incident_id)}>
            {t("region.look")}
          </a>
        </>
      )}
    </section>
  );
}
