import { t } from "../boot";
import { clock as clockWords, span } from "../format";
import { serverNow } from "../state";
import type { Clock131 } from "../types";

function remaining(due: string): { isLate: boolean; words: string } {
  const left = Date.parse(due) - serverNow.value;
  return { isLate: left < 0, words: t(left < 0 ? "clock.late" : "clock.left", { time: span(left) }) };
}

/** The next of the three clocks, for a line of the queue. */
export function AcceptClock({ clock }: { clock: Clock131 | null }) {
  if (!clock) return <span class="clock131 none">{t("clock.none")}</span>;
  if (clock.accepted_by) {
    const scene = remaining(clock.scene_by);
    return (
      <span class={`clock131 ${scene.isLate ? "late" : "done"}`}>
        ✓ {t("clock.accepted", { name: clock.accepted_by })} · {t("clock.scene")} {scene.words}
      </span>
    );
  }
  const accept = remaining(clock.accept_by);
  return (
    <span class={`clock131 ${accept.isLate ? "late" : "running"}`}>
      131 {t("clock.accept")} {accept.words}
    </span>
  );
}

/** All three clocks. */
export function Clocks({ clock }: { clock: Clock131 | null }) {
  if (!clock) return <p class="quiet">{t("clock.none")}</p>;
  const rows: [string, number, string][] = [
    ["clock.accept", 10, clock.accept_by],
    ["clock.scene", 30, clock.scene_by],
    ["clock.report", 60, clock.report_by],
  ];
  return (
    <ol class="clocks">
      {rows.map(([name, minutes, due], index) => {
        const isDone = index === 0 && clock.accepted_at !== null;
        const left = remaining(due);
        return (
          <li key={name} class={isDone ? "done" : left.isLate ? "late" : "running"}>
            <b>{t(name)}</b> <small>{t("clock.minutes", { minutes })}</small>
            <span>{isDone ? `✓ ${clockWords(clock.accepted_at ?? due)}` : left.words}</span>
          </li>
        );
      })}
    </ol>
  );
}
