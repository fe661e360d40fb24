import { useState } from "preact/hooks";
import { say, sayAboutSightings } from "../actions";
import { t } from "../boot";
import { dialog, isBusy, queue, saying, selected } from "../state";
import type { Card } from "../types";
import { Modal } from "./Modal";

const LONGEST = 200;

/** The incidents that a person may say are the same fire: open ones of the same kind. */
const others = (card: Card) =>
  queue.value.filter(
    (one) => one.is_open && one.incident_id !== card.incident_id && one.is_exercise === card.is_exercise,
  );

/** A word on which sightings are of one fire, with its reason: it stays in the timeline. */
export function SayDialog() {
  const [reason, setReason] = useState("");
  const [other, setOther] = useState("");
  const card = selected.value;
  const about = saying.value;
  if (!card || !about) return null;
  const choices = about.kind === "match" ? others(card) : [];
  const isReady = reason.trim() !== "" && (about.kind !== "match" || other !== "");
  const submit = (event: Event) => {
    event.preventDefault();
    if (isReady) void sayAboutSightings(card, about, other, reason.trim());
  };
  const title = { match: "match.same", unmatch: "match.split", undo: "action.undo" }[about.kind];
  return (
    <Modal title={`${t(title)} · ${card.number}`}>
      <form class="saying" onSubmit={submit}>
        <p>{say(about)}</p>
        {about.kind === "match" && choices.length === 0 && <p class="quiet">{t("match.none")}</p>}
        {choices.map((one) => (
          <label key={one.incident_id} class="choice">
            <input
              type="radio"
              name="other"
              value={one.incident_id}
              checked={other === one.incident_id}
              onChange={() => setOther(one.incident_id)}
            />{" "}
            {one.number} · {one.state_words} · {one.place}
          </label>
        ))}
        <label>
          {t("match.reason")}
          <textarea
            name="reason"
            rows={2}
            maxLength={LONGEST}
            required
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <p class="choices">
          <button type="submit" class="say" disabled={isBusy.value || !isReady}>
            {t("match.do")}
          </button>
          <button type="button" onClick={() => (dialog.value = null)}>
            {t("action.cancel")} <kbd>Esc</kbd>
          </button>
        </p>
      </form>
    </Modal>
  );
}
