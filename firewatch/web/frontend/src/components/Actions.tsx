import { askConfirm, askReject, askToSay, canConfirm, canReject, canReopen, lookAddress, reopen } from "../actions";
import { t } from "../boot";
import { isBusy, link } from "../state";
import type { Card } from "../types";

export function Actions({ card }: { card: Card }) {
  if (!card.is_open && !canReopen(card)) return null;
  return (
    <div class="actions">
      {canConfirm(card) && (
        <button type="button" class="confirm" disabled={isBusy.value} onClick={askConfirm}>
          {t("action.confirm")} <kbd>C</kbd>
        </button>
      )}
      {canReject(card) && (
        <button type="button" class="reject" disabled={isBusy.value} onClick={askReject}>
          {t("action.reject")} <kbd>R</kbd>
        </button>
      )}
      {canReopen(card) && (
        <button type="button" class="reopen" disabled={isBusy.value} onClick={() => void reopen(card.incident_id)}>
          {t("action.reopen")}
        </button>
      )}
      {card.is_open && (
        <a class="look" href={lookAddress(card.incident_id)}>
          {t("action.look")} <kbd>X</kbd>
        </a>
      )}
      {card.is_open && (
        <button type="button" class="same" disabled={isBusy.value} onClick={() => askToSay({ kind: "match" })}>
          {t("match.same")}
        </button>
      )}
      {link.value === "down" && <small class="quiet">{t("action.whiledown")}</small>}
    </div>
  );
}
