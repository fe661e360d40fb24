import { useState } from "preact/hooks";
import { boot, t } from "../boot";
import { clock, span } from "../format";
import { chooseHeat, chosenHeat, closeHeat, matched, toVerify, undoVerdict, verified } from "../heats";
import { isBusy, serverNow } from "../state";
import type { Heat } from "../types";

function looksWords(heat: Heat): string {
  if (heat.looks.length === 0) return t("hotspot.looks.none");
  const towers = heat.looks.map((one) =>
    t(one.in_view ? "hotspot.look" : "hotspot.look.turn", {
      tower: one.tower,
      azimuth: String(Math.round(one.azimuth_deg) % 360).padStart(3, "0"),
      km: (one.distance_m / 1000).toFixed(1),
      sight: one.sight,
    }),
  );
  return t("hotspot.looks", { towers: towers.join(boot.lang === "en" ? ", " : "、") });
}

function CloseForm({ heat }: { heat: Heat }) {
  const [reason, setReason] = useState("");
  const [note, setNote] = useState("");
  const send = (event: Event) => {
    event.preventDefault();
    void closeHeat(heat.item_id, reason, note);
  };
  return (
    <form class="heatform" onSubmit={send}>
      <select
        aria-label={t("hotspot.close.reason")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      >
        <option value="">{t("hotspot.close.reason")}</option>
        {boot.heatReasons.map((one) => (
          <option key={one} value={one}>
            {t(`hotspot.reason.${one}`)}
          </option>
        ))}
      </select>
      <input
        aria-label={t("hotspot.close.note")}
        placeholder={t("hotspot.close.note")}
        maxLength={200}
        value={note}
        onInput={(event) => setNote(event.currentTarget.value)}
      />
      <button type="submit" disabled={!reason || isBusy.value}>
        {t("hotspot.close")}
      </button>
    </form>
  );
}

function HeatItem({ heat }: { heat: Heat }) {
  const isChosen = chosenHeat.value === heat.item_id;
  return (
    <li id={`heat-${heat.item_id}`} class={`heat ${isChosen ? "chosen" : ""} ${heat.source ? "known" : ""}`}>
      <button type="button" class="head" aria-expanded={isChosen} onClick={() => chooseHeat(heat.item_id)}>
        <span class="heatmark" aria-hidden="true" />
        <span class="lines">
          <span class="place">{heat.place}</span>
          <span class="quiet">
            {t("hotspot.item", {
              satellites: heat.satellites.join(", "),
              age: span(serverNow.value - Date.parse(heat.last_at)),
              confidence: heat.confidence_words,
            })}
            {heat.count > 1 && ` · ${t("hotspot.count", { count: heat.count })}`}
          </span>
          {heat.source && <span class="chip">{t("hotspot.source", { name: heat.source })}</span>}
          {heat.dismissed_id && <span class="chip warn">{t("hotspot.dismissed")}</span>}
        </span>
      </button>
      {isChosen && (
        <div class="more">
          <p>{looksWords(heat)}</p>
          <p class="quiet">
            <code>
              {heat.lat_deg.toFixed(5)}, {heat.lon_deg.toFixed(5)}
            </code>{" "}
            ±{heat.radius_m} m · {clock(heat.last_at)}
          </p>
          <CloseForm heat={heat} />
        </div>
      )}
    </li>
  );
}

function Closed({ heat }: { heat: Heat }) {
  const verdict = heat.verdict;
  if (!verdict) return null;
  return (
    <li class="heat done">
      <span class="place">{heat.place}</span>
      <span class="quiet">
        {t("hotspot.verdict", { reason: verdict.reason_words, by: verdict.by })} {verdict.note}
      </span>
      <button type="button" disabled={isBusy.value} onClick={() => void undoVerdict(verdict.verdict_id)}>
        {t("hotspot.undo")}
      </button>
    </li>
  );
}

/** What satellites saw and no camera does: part of the queue, with a mark of its own. */
export function Heats() {
  if (toVerify.value.length + verified.value.length + matched.value.length === 0) return null;
  return (
    <section class="heats" aria-label={t("hotspot.title")}>
      {toVerify.value.length > 0 && (
        <>
          <h2>
            {t("hotspot.title")} <span class="count">{toVerify.value.length}</span>
          </h2>
          <ul class="cards">
            {toVerify.value.map((heat) => (
              <HeatItem key={heat.item_id} heat={heat} />
            ))}
          </ul>
        </>
      )}
      {matched.value.length > 0 && <p class="quiet note">{t("hotspot.matched", { count: matched.value.length })}</p>}
      {verified.value.length > 0 && (
        <details>
          <summary>{t("hotspot.closed", { count: verified.value.length })}</summary>
          <ul class="cards">
            {verified.value.map((heat) => (
              <Closed key={heat.item_id} heat={heat} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
