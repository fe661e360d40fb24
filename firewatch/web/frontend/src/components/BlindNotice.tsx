import { t } from "../boot";
import { clock } from "../format";
import { eyes, serverNow } from "../state";

const MINUTE_MS = 60_000;

/** Says that cameras do not see though nobody planned it; one line, and the way to what to do. */
export function BlindNotice() {
  const { blind, blind_since: since } = eyes.value;
  if (!blind) return null;
  const minutes = since === null ? 0 : Math.max(0, Math.floor((serverNow.value - Date.parse(since)) / MINUTE_MS));
  return (
    <p class="banner amber blind" role="status">
      <span aria-hidden="true">▲</span> {blind === 1 ? t("banner.blind.one") : t("banner.blind", { count: blind })}
      {since !== null && ` · ${t("banner.blind.since", { minutes, time: clock(since) })}`}{" "}
      <a href="/nodes">{t("banner.blind.go")}</a>
    </p>
  );
}
