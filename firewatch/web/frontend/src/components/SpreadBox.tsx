import { t } from "../boot";
import type { Spread } from "../types";

/** How the fire spreads, in words: what the shapes on the map say, and on what it rests. */
export function SpreadBox({ spread }: { spread: Spread | null }) {
  if (!spread) return null;
  const { reached, value } = spread.consequence;
  return (
    <section class="box spread">
      <h2>{t("spread.title")}</h2>
      {spread.why_not ? (
        <p class="quiet">{t("spread.none", { why: spread.why_not })}</p>
      ) : (
        <p>
          <b>{spread.words}</b>
        </p>
      )}
      {reached.length > 0 && (
        <p class="reached">
          {t("spread.reached", {
            list: reached
              .map((one) => t("spread.reached.one", { kind: one.kind, name: one.name, metres: one.distance_m }))
              .join(t("spread.reached.and")),
          })}
        </p>
      )}
      {!spread.why_not && (
        <details>
          <summary>{t("spread.basis")}</summary>
          <ul>
            {spread.stages.map((stage) => (
              <li key={stage.after_min}>{stage.words}</li>
            ))}
          </ul>
          <ul class="quiet">
            {spread.basis.map((line) => (
              <li key={line}>{line}</li>
            ))}
            <li>{t("spread.consequence", { value: value.toFixed(1) })}</li>
          </ul>
        </details>
      )}
    </section>
  );
}
