import { boot, t } from "../boot";
import { clock } from "../format";
import { isSoundBlocked, isSoundOn, toggleSound } from "../sound";
import { dialog, eyes, isExercising, link, selectedId, serverNow, stations, tomorrow } from "../state";
import { Grade } from "./Grade";

const LINK_TEXTS = { live: "header.link.live", waiting: "header.link.wait", down: "header.link.down" };

function HighestDanger() {
  const rated = stations.value.filter((station) => station.grade !== null);
  const worst = rated.reduce<(typeof rated)[0] | null>(
    (best, one) => ((one.grade ?? 0) > (best?.grade ?? 0) ? one : best),
    null,
  );
  const missing = stations.value.length - rated.length;
  return (
    <span class="fact">
      {t("header.danger")} <Grade grade={worst?.grade ?? null} bare />{" "}
      {worst && <small>{`${worst.name} ${worst.weather_day?.slice(5) ?? ""}`}</small>}
      {worst && missing > 0 && <small class="gap"> {t("header.danger.missing", { count: missing })}</small>}
    </span>
  );
}

/** Tomorrow's highest, by forecast: the duty officer plans the morning by it. */
function TomorrowsDanger() {
  const ahead = tomorrow.value;
  if (!ahead) return null;
  return (
    <a href="/danger" class="fact ahead" title={ahead.station}>
      {t("header.tomorrow")} <Grade grade={ahead.grade} bare /> {ahead.grade !== null && <small>{ahead.station}</small>}
    </a>
  );
}

/** Says "on" only while the page can be heard. */
function SoundSwitch() {
  // The click itself lets the page sound; the key makes it another button, so that the click does not switch it off.
  if (isSoundOn.value && isSoundBlocked.value) {
    return (
      <button key="blocked" type="button" class="blocked">
        {t("nav.sound.blocked")}
      </button>
    );
  }
  return (
    <button key="switch" type="button" aria-pressed={isSoundOn.value} onClick={toggleSound}>
      {t(isSoundOn.value ? "nav.sound.on" : "nav.sound.off")}
    </button>
  );
}

export function Header() {
  const { online, total } = eyes.value;
  const other = boot.lang === "en" ? "zh-CN" : "en";
  return (
    <header class={`bar ${isExercising.value ? "exercising" : ""}`}>
      <span class="brand">
        {boot.centre} <b>{t("app.name")}</b>
      </span>
      <time class="fact clock">{clock(serverNow.value)}</time>
      <HighestDanger />
      <TomorrowsDanger />
      {/* Which one is blind stands on the nodes page. */}
      <a href="/nodes" class={`fact eyes ${link.value === "down" || online < total * 0.8 ? "amber" : ""}`}>
        {t("header.eyes")} <b>{`${online}/${total}`}</b>
      </a>
      <span class={`fact link ${link.value}`}>
        {t("header.link")} <b>{t(LINK_TEXTS[link.value])}</b>
      </span>
      <nav class="tools">
        <span class="fact who" title={boot.isLocal ? t("app.local") : boot.actor}>
          {boot.isLocal ? t("app.local.short") : boot.actor}
        </span>
        <a href="/danger">{t("nav.danger")}</a>
        <a href="/nodes">{t("nav.nodes")}</a>
        <SoundSwitch />
        <button type="button" onClick={() => (dialog.value = "help")}>
          {t("nav.help")} <kbd>?</kbd>
        </button>
        <a href={`/?lang=${other}${selectedId.value ? `#${selectedId.value}` : ""}`} hreflang={other} lang={other}>
          {t("language.other")}
        </a>
        {!boot.isLocal && (
          <form method="post" action="/logout">
            <input type="hidden" name="csrf" value={boot.csrf} />
            <button>{t("nav.logout")}</button>
          </form>
        )}
      </nav>
    </header>
  );
}
