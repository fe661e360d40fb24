import { t } from "../boot";
import { clock } from "../format";
import type { TimelineEntry } from "../types";

export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  return (
    <section class="box timeline">
      <h2>{t("detail.timeline")}</h2>
      <ol>
        {entries.map((entry) => (
          <li key={entry.seq}>
            <time dateTime={entry.occurred_at}>{clock(entry.occurred_at)}</time> {entry.words}
          </li>
        ))}
      </ol>
    </section>
  );
}
