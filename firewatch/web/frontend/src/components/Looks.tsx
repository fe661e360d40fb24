import { t } from "../boot";
import { looks } from "../looks";

/** So many are shown here; the page behind the link lists all. */
const SHOWN = 3;

/** Which towers are best asked to look, and what each would see. */
export function Looks() {
  const towers = looks.value?.towers ?? [];
  if (towers.length === 0) return null;
  return (
    <>
      <p class="quiet">{t("look.best")}</p>
      <ol class="towerlooks">
        {towers.slice(0, SHOWN).map((one) => (
          <li key={one.tower_id} class={one.sight}>
            <b>{one.tower}</b> <span>{one.words}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
