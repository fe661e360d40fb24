import { useState } from "preact/hooks";
import { t } from "../boot";
import { clock, percent } from "../format";
import { player } from "../player";
import type { Look, Sighting } from "../types";

function Picture({ look, alt }: { look: Look; alt: string }) {
  const [broken, setBroken] = useState("");
  const isWhole = player.isWhole.value && look.frame_url !== null;
  const url = isWhole ? look.frame_url : (look.crop_url ?? look.frame_url);
  if (!url) return <p class="picture missing">{t("frames.missing")}</p>;
  if (broken === url) return <p class="picture missing">{t("frames.error")}</p>;
  const [x0, y0, x1, y1] = look.box;
  return (
    <div class="picture">
      <img src={url} alt={alt} onError={() => setBroken(url)} />
      {url === look.frame_url && (
        <svg viewBox={`0 0 ${look.width_px} ${look.height_px}`} aria-hidden="true">
          <rect x={x0} y={y0} width={x1 - x0} height={y1 - y0} vector-effect="non-scaling-stroke" />
        </svg>
      )}
    </div>
  );
}

/** One button for each camera that sees the smoke. */
export function Cameras({ sightings }: { sightings: Sighting[] }) {
  return (
    <div class="cameras">
      {sightings.map((one, index) => (
        <button
          key={one.sighting_id}
          type="button"
          aria-pressed={player.sightingAt.value === index}
          onClick={() => player.choose(index)}
        >
          {one.tower} {one.camera_id} <small>{percent(one.score)}%</small>
        </button>
      ))}
    </div>
  );
}

function Controls({ index, count }: { index: number; count: number }) {
  return (
    <div class="controls">
      <button type="button" title="," aria-label={t("frames.prev")} onClick={() => player.step(-1)}>
        ◀
      </button>
      <button type="button" class="play" aria-pressed={player.isPlaying.value} onClick={player.toggle}>
        {t(player.isPlaying.value ? "frames.pause" : "frames.play")}
      </button>
      <button type="button" title="." aria-label={t("frames.next")} onClick={() => player.step(1)}>
        ▶
      </button>
      <input
        type="range"
        min={0}
        max={count - 1}
        value={index}
        aria-label={t("detail.frames")}
        onInput={(event) => player.step(Number(event.currentTarget.value) - index)}
      />
      <button type="button" class="swap" title="Z" aria-pressed={player.isWhole.value} onClick={player.swap}>
        {t(player.isWhole.value ? "frames.crop" : "frames.full")}
      </button>
    </div>
  );
}

/** The frames of one camera's sighting. */
export function Player({ sightings }: { sightings: Sighting[] }) {
  const look = player.look.value;
  const sighting = player.sighting.value;
  if (!look || !sighting) return <p class="picture missing">{t("frames.missing")}</p>;
  const count = player.looks.value.length;
  const index = Math.min(player.frameAt.value, count - 1);
  const time = clock(look.captured_at);
  return (
    <div class="player" role="group" aria-label={t("detail.frames")}>
      <Cameras sightings={sightings} />
      <Picture look={look} alt={t("frames.alt", { tower: sighting.tower, time, percent: percent(look.score) })} />
      <Controls index={index} count={count} />
      <p class="at">
        {t("frames.count", { index: index + 1, total: count })} · {time} · {t("queue.score", { percent: percent(look.score) })}
        {index === sighting.best && <b class="best">{t("frames.best")}</b>}
        {sighting.clock_doubt && <span class="mark">{sighting.clock_doubt}</span>}
      </p>
    </div>
  );
}
