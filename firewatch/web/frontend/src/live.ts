/** The live stream: resumes where it stopped, notices silence by itself, says how it is. */
import { boot, t } from "./boot";
import { announce, loadBoard, loadDetail } from "./actions";
import { heardOfHotspots } from "./heats";
import { beep } from "./sound";
import { danger, eyes, heardAt, isLoaded, isLoggedOut, link, selectedId, seq, silence, skew, takeCard, toast } from "./state";
import type { Beat, Card } from "./types";

/** A beat comes every 4 s: three missed and the connection is given up and opened again. */
const GIVE_UP_MS = 12_000;
/** A minute of silence is heard as well as seen, and each further minute again. */
const ALARM_MS = 60_000;
const WAITS_MS = [1000, 2000, 5000, 10_000];

let source: EventSource | null = null;
let tries = 0;
let timer = 0;

function heard(): void {
  heardAt.value = Date.now();
  link.value = "live";
  tries = 0;
}

function onBeat(event: MessageEvent<string>): void {
  const beat = JSON.parse(event.data) as Beat;
  eyes.value = beat.eyes;
  if (isLoaded.value && beat.danger !== danger.value) {
    danger.value = beat.danger;
    void loadBoard();
  }
  if (isLoaded.value) void heardOfHotspots(beat.hotspots);
  skew.value = Date.parse(beat.at) - Date.now();
  heard();
}

function onIncident(event: MessageEvent<string>): void {
  const card = JSON.parse(event.data) as Card;
  heard();
  seq.value = Math.max(seq.value, Number(event.lastEventId));
  const isNew = takeCard(card);
  if (isNew && card.is_open) announce(card);
  if (card.incident_id === selectedId.value) void loadDetail(card.incident_id);
}

function onResync(): void {
  heard();
  void loadBoard().then(() => {
    toast.value = { words: t("live.resync"), undo: null, isBad: false };
  });
}

/** Open the stream anew, now. */
export function connect(): void {
  window.clearTimeout(timer);
  source?.close();
  const opened = new EventSource(`/api/v1/events?after=${seq.value}&lang=${boot.lang}`);
  source = opened;
  opened.addEventListener("beat", onBeat);
  opened.addEventListener("incident", onIncident);
  opened.addEventListener("resync", onResync);
  opened.onerror = () => {
    link.value = "down";
    // A browser retries by itself only while the connection is merely lost; an HTTP error ends it.
    if (opened.readyState === EventSource.CLOSED) retryLater();
    // A stream cannot say why it was refused; the board can: perhaps the log-in has ended.
    if (opened.readyState === EventSource.CLOSED) void loadBoard();
  };
}

function retryLater(): void {
  window.clearTimeout(timer);
  const wait = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] ?? 10_000;
  tries += 1;
  timer = window.setTimeout(connect, wait);
}

/** Watch the silence; call once. */
export function watchSilence(): void {
  let givenUpAt = 0;
  let alarmedAt = 0;
  window.setInterval(() => {
    if (silence.value < ALARM_MS && !isLoggedOut.value) alarmedAt = 0;
    else if (Date.now() - alarmedAt >= ALARM_MS) {
      alarmedAt = Date.now();
      beep();
    }
    if (isLoggedOut.value) return;
    if (silence.value > GIVE_UP_MS && Date.now() - givenUpAt > GIVE_UP_MS) {
      givenUpAt = Date.now();
      link.value = "down";
      connect();
    }
  }, 1000);
  window.addEventListener("online", connect);
}
