import { t } from "../boot";
import { isSurfaceOn, surface } from "./surface";

const GRADES = [1, 2, 3, 4, 5] as const;

/** What the colours of the danger surface mean: number, word and colour; grey is no data. */
export function SurfaceKey() {
  const shown = surface.value;
  if (!isSurfaceOn.value || shown === null) return null;
  if (shown === "none") return <p class="surfacekey">{t("map.surface.none")}</p>;
  return (
    <ul class="surfacekey" aria-label={t("map.surface.legend")}>
      <li>
        <b>{t("danger.surface")}</b> {shown.words}
      </li>
      {GRADES.map((grade) => (
        <li key={grade}>
          <i class={`k${grade}`} />
          {grade} {t(`danger.grade.${grade}`)}
        </li>
      ))}
      <li>
        <i class="knone" />
        {t("danger.grade.none")}
      </li>
    </ul>
  );
}
