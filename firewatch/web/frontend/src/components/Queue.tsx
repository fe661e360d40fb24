import { t } from "../boot";
import { clock, span } from "../format";
import { cards, closed, eyes, isCut, isLoaded, serverNow, waiting, working } from "../state";
import type { Card } from "../types";
import { Heats } from "./Heats";
import { QueueItem } from "./QueueItem";

const BLIND = 0.8;

/** An empty queue must prove that somebody is looking. */
function Empty() {
  const { online, total, last_frame_at } = eyes.value;
  const isBlind = total === 0 || online / total < BLIND;
  return (
    <div class={`empty ${isBlind ? "amber" : ""}`}>
      <p>{t("queue.empty")}</p>
      <p class="proof">
        {last_frame_at
          ? t("queue.empty.eyes", { online, total, time: clock(last_frame_at) })
          : t("queue.empty.noframe", { online, total })}
      </p>
      {isBlind && <p class="blind">{t("queue.empty.blind")}</p>}
    </div>
  );
}

function Section({ name, cards }: { name: string; cards: Card[] }) {
  if (cards.length === 0) return null;
  return (
    <ul class="cards" aria-label={name}>
      {cards.map((card) => (
        <QueueItem key={card.incident_id} card={card} />
      ))}
    </ul>
  );
}

function Heading({ name, cards, children }: { name: string; cards: Card[]; children?: preact.ComponentChildren }) {
  return (
    <h2>
      {name} <span class="count">{cards.length}</span> {children}
    </h2>
  );
}

export function Queue() {
  const oldest = [...waiting.value].sort((a, b) => a.opened_at.localeCompare(b.opened_at))[0];
  return (
    <section class="queue" id="queue" tabIndex={-1} aria-label={t("queue.list")}>
      <Heading name={t("queue.title")} cards={waiting.value}>
        {oldest && (
          <small class="oldest">
            {t("queue.oldest", { age: span(serverNow.value - Date.parse(oldest.opened_at)) })}
          </small>
        )}
      </Heading>
      {isCut.value && (
        <p class="cut" role="alert">
          {t("queue.cut", { count: cards.value.length })}
        </p>
      )}
      {isLoaded.value && waiting.value.length === 0 && <Empty />}
      {!isLoaded.value && <p class="loading">{t("detail.loading")}</p>}
      <Section name={t("queue.title")} cards={waiting.value} />
      {working.value.length > 0 && <Heading name={t("queue.working")} cards={working.value} />}
      <Section name={t("queue.working")} cards={working.value} />
      <Heats />
      {closed.value.length > 0 && <Heading name={t("queue.closed")} cards={closed.value} />}
      <Section name={t("queue.closed")} cards={closed.value} />
    </section>
  );
}
