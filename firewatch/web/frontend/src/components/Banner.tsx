import { t } from "../boot";
import { connect } from "../live";
import { loadBoard } from "../actions";
import { clock, span } from "../format";
import { heardAt, isLoaded, isLoggedOut, loadError, silence, skew } from "../state";

const AMBER_MS = 10_000;
const RED_MS = 60_000;

/** Says when what is on the screen is no longer now. */
export function Banner() {
  if (isLoggedOut.value) {
    return (
      <p class="banner red" role="alert">
        <span aria-hidden="true">■</span> {t("live.loggedout")} <a href="/login">{t("live.login")}</a>
      </p>
    );
  }
  if (!isLoaded.value) {
    if (!loadError.value) return null;
    return (
      <p class="banner red" role="alert">
        {loadError.value} <button onClick={() => void loadBoard()}>{t("live.retry")}</button>
      </p>
    );
  }
  if (silence.value < AMBER_MS) return null;
  const isRed = silence.value >= RED_MS;
  return (
    <p class={`banner ${isRed ? "red" : "amber"}`} role={isRed ? "alert" : "status"}>
      <span aria-hidden="true">{isRed ? "■" : "▲"}</span>{" "}
      {t("live.stale", { age: span(silence.value), time: clock(heardAt.value + skew.value) })}{" "}
      <button
        onClick={() => {
          connect();
          void loadBoard();
        }}
      >
        {t("live.retry")}
      </button>
    </p>
  );
}
