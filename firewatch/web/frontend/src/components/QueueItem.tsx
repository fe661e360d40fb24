import { useState } from "preact/hooks";
import { open } from "../actions";
import { t } from "../boot";
import { clock, percent, span } from "../format";
import { cursorId, selectedId, serverNow } from "../state";
import type { Card } from "../types";
import { AcceptClock } from "./Clocks";
import { Grade } from "./Grade";

function Thumbnail({ url }: { url: string | null }) {
  const [broken, setBroken] = useState("");
  if (!url || url === broken) return <span class="noimage">{t("queue.noimage")}</span>;
  return <img src={url} alt="" width="72" height="54" loading="lazy" onError={() => setBroken(url)} />;
}

export function QueueItem({ card }: { card: Card }) {
  const id = card.incident_id;
  const isOpen = selectedId.value === id;
  const age = span(serverNow.value - Date.parse(card.opened_at));
  return (
    <li
      id={`card-${id}`}
      class={`card ${card.state} ${card.is_exercise ? "drilled" : ""} ${isOpen ? "open" : ""} ${cursorId.value === id ? "cursor" : ""}`}
    >
      <button type="button" aria-current={isOpen} onClick={() => open(id)}>
        <Thumbnail url={card.crop_url} />
        <span class="lines">
          <span class="first">
            <span class="state">{card.state_words}</span> <b>{card.number}</b>
            <time title={t("detail.opened", { time: clock(card.opened_at) })}>{age}</time>
          </span>
          <span class="place">{card.place}</span>
          <span class="chips">
            <Grade grade={card.grade} />
            <span class="chip">
              {card.towers.length > 1 ? t("queue.towers", { count: card.towers.length }) : t("queue.tower")}
            </span>
            <span class="chip">
              {card.probability === null
                ? t("queue.score", { percent: percent(card.score) })
                : t("queue.probability", { percent: percent(card.probability) })}
            </span>
          </span>
          {card.is_open && <AcceptClock clock={card.clock} />}
          {card.reject_words && <span class="reason">{card.reject_words}</span>}
        </span>
      </button>
    </li>
  );
}
