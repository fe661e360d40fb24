import { useState } from "preact/hooks";
import { askToSay } from "../actions";
import { t } from "../boot";
import { clock } from "../format";
import { isBusy } from "../state";
import type { TimelineEntry } from "../types";

function Undo({ rulingId }: { rulingId: string }) {
  return (
    <button type="button" class="undo" disabled={isBusy.value} onClick={() => askToSay({ kind: "undo", rulingId })}>
      {t("action.undo")}
    </button>
  );
}

/** Who saw, who was told, who decided; the position and the odds, computed anew with each frame, on request. */
export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  const [isWhole, setWhole] = useState(false);
  const findings = entries.filter((entry) => entry.is_finding).length;
  const shown = isWhole ? entries : entries.filter((entry) => !entry.is_finding);
  return (
    <section class="box timeline">
      <h2>{t("detail.timeline")}</h2>
      <ol>
        {shown.map((entry) => (
          <li key={entry.seq} class={entry.is_finding ? "quiet" : ""}>
            <time dateTime={entry.occurred_at}>{clock(entry.occurred_at)}</time> {entry.words}
            {entry.ruling_id && <Undo rulingId={entry.ruling_id} />}
          </li>
        ))}
      </ol>
      {findings > 0 && (
        <button type="button" class="findings" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {t(isWhole ? "timeline.findings.hide" : "timeline.findings", { count: findings })}
        </button>
      )}
    </section>
  );
}
