import { askToSay } from "../actions";
import { t } from "../boot";
import { azimuth, percent } from "../format";
import type { Card, Danger, Detail, Sighting } from "../types";
import { isBusy } from "../state";
import { BeliefLine } from "./BeliefLine";
import { Grade } from "./Grade";

function Seen({ sightings, card }: { sightings: Sighting[]; card: Card }) {
  const canSplit = card.is_open && sightings.length > 1;
  return (
    <table class="seen">
      <thead>
        <tr>
          <th>{t("why.towers")}</th>
          <th>{t("why.model")}</th>
          <th>{t("why.hits")}</th>
        </tr>
      </thead>
      <tbody>
        {sightings.map((one) => (
          <tr key={one.sighting_id}>
            <td>
              {one.tower} {one.camera_id} <small>{azimuth(one.azimuth_deg)}°</small>
              {one.clock_doubt && <span class="mark">{one.clock_doubt}</span>}
              {canSplit && (
                <button
                  type="button"
                  class="split"
                  disabled={isBusy.value}
                  onClick={() =>
                    askToSay({
                      kind: "unmatch",
                      sightingId: one.sighting_id,
                      tower: one.tower,
                      azimuth: azimuth(one.azimuth_deg),
                    })
                  }
                >
                  {t("match.split")}
                </button>
              )}
            </td>
            <td>
              {percent(one.score)}% <small title={t("nodes.model")}>{one.model}</small>
            </td>
            <td>{t("why.hits.value", { hit: one.frames_hit, seen: one.frames_seen })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Rating({ danger }: { danger: Danger | null }) {
  if (!danger) return <p class="quiet">{t("danger.none")}</p>;
  return (
    <>
      <p>
        <Grade grade={danger.grade} /> {danger.station}
        {danger.marks.map((mark) => (
          <span key={mark} class="mark">
            {mark}
          </span>
        ))}
      </p>
      {danger.missing.length > 0 && <p class="quiet">{t("danger.missing", { fields: danger.missing.join(", ") })}</p>}
      <p class="quiet">{danger.weather.join(" · ") || t("weather.none")}</p>
      <details>
        <summary>{t("why.parts")}</summary>
        <p class="quiet">
          {danger.scheme} · {t("danger.day", { day: danger.weather_day })}
        </p>
        <dl class="parts">
          {danger.parts.map((part) => (
            <div key={part.name}>
              <dt>{part.name}</dt>
              <dd>{part.value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

function Belief({ detail, card }: { detail: Detail; card: Card }) {
  if (card.probability === null) return null;
  return (
    <>
      <p>{t("queue.probability", { percent: percent(card.probability) })}</p>
      <BeliefLine points={detail.belief_history} />
      <details>
        <summary>{t("why.belief")}</summary>
        <dl class="parts">
          {detail.belief.map((part) => (
            <div key={part.part}>
              <dt>
                {part.name} {part.fact && <small>{part.fact}</small>}
              </dt>
              <dd>{(part.log_odds > 0 ? "+" : "") + part.log_odds.toFixed(2)}</dd>
            </div>
          ))}
        </dl>
        <p class="quiet">
          {t("why.priority", { priority: card.priority.toPrecision(2) })}{" "}
          {detail.priority_parts.map((part) => `${part.name} ${part.value.toPrecision(2)}`).join(" × ")}
        </p>
      </details>
    </>
  );
}

export function Why({ detail, card }: { detail: Detail; card: Card }) {
  return (
    <section class="box why">
      <h2>{t("detail.why")}</h2>
      <Seen sightings={detail.sightings} card={card} />
      <Belief detail={detail} card={card} />
      <Rating danger={detail.danger} />
    </section>
  );
}
