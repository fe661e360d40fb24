import { close, loadDetail } from "../actions";
import { t } from "../boot";
import { clock } from "../format";
import { detail, detailError, queue, selected, selectedId } from "../state";
import { Actions } from "./Actions";
import { Clocks } from "./Clocks";
import { Delivery } from "./Delivery";
import { Player } from "./Player";
import { SpreadBox } from "./SpreadBox";
import { Timeline } from "./Timeline";
import { WhereBox } from "./WhereBox";
import { Why } from "./Why";

function Nothing() {
  return (
    <div class="nothing">
      {queue.value.length === 0 ? (
        <p class="quiet">{t("detail.none.empty")}</p>
      ) : (
        <>
          <p>{t("detail.none")}</p>
          <p class="quiet">{t("detail.none.hint")}</p>
        </>
      )}
    </div>
  );
}

export function DetailPane() {
  const card = selected.value;
  const loaded = detail.value;
  return (
    <section class="detail" aria-label={t("map.incident")}>
      {!card && <Nothing />}
      {card && (
        <>
          <header class={`title ${card.state} ${card.is_exercise ? "drilled" : ""}`}>
            <span class="state">{card.state_words}</span>
            <h1>{card.number}</h1>
            <small>{t("detail.opened", { time: clock(card.opened_at) })}</small>
            <button type="button" class="close" aria-label={t("detail.close")} title="Esc" onClick={close}>
              ✕
            </button>
            <p class="place">{card.place}</p>
          </header>
          <Actions card={card} />
        </>
      )}
      {card && detailError.value && (
        <p class="alert" role="alert">
          {t("detail.error", { why: detailError.value })}{" "}
          <button onClick={() => selectedId.value && void loadDetail(selectedId.value)}>{t("live.retry")}</button>
        </p>
      )}
      {card && !loaded && !detailError.value && <p class="loading">{t("detail.loading")}</p>}
      {card && loaded && (
        <>
          <Player sightings={loaded.sightings} />
          <Clocks clock={card.clock} />
          <WhereBox card={card} />
          <SpreadBox spread={loaded.spread} />
          <Why detail={loaded} card={card} />
          <Delivery delivery={card.delivery} told={loaded.told} />
          <Timeline entries={loaded.timeline} />
        </>
      )}
    </section>
  );
}
