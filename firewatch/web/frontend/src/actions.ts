/** What a person or the stream makes the page do. */
import { batch } from "@preact/signals";
import { api } from "./api";
import { t } from "./boot";
import { heardOfHotspots } from "./heats";
import { beep, speak } from "./sound";
import {
  announcement,
  cursorId,
  detail,
  detailError,
  dialog,
  isBusy,
  loadError,
  queue,
  saying,
  selected,
  selectedId,
  takeBoard,
  takeCard,
  toast,
} from "./state";
import type { Saying } from "./state";
import type { Card } from "./types";

const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Say and sound that an incident is new; of an exercise the words come first, so that nobody runs for it. */
export function announce(card: Card): void {
  announcement.value = t("queue.new", { number: card.number, place: card.place });
  if (card.is_exercise) speak(t("exercise.spoken"));
  beep();
}

export async function loadBoard(): Promise<void> {
  try {
    // What the stream has missed is as new as what it brings.
    const board = await api.board();
    takeBoard(board).forEach(announce);
    void heardOfHotspots(board.hotspots);
  } catch (error) {
    loadError.value = words(error);
  }
}

export async function loadDetail(id: string): Promise<void> {
  try {
    const loaded = await api.detail(id);
    // A slower answer about another incident must not replace what is open now.
    if (selectedId.value !== id) return;
    batch(() => {
      detail.value = loaded;
      detailError.value = "";
      takeCard(loaded.card);
    });
  } catch (error) {
    if (selectedId.value === id) detailError.value = words(error);
  }
}

export function open(id: string): void {
  if (selectedId.value !== id) {
    batch(() => {
      selectedId.value = id;
      cursorId.value = id;
      detail.value = null;
      detailError.value = "";
    });
    history.replaceState(null, "", `#${id}`);
    // On a narrow screen the detail stands above the queue.
    if (matchMedia("(max-width: 820px)").matches) window.scrollTo({ top: 0 });
  }
  void loadDetail(id);
}

/** Close what is open; the cursor stays on it. */
export function close(): void {
  const id = selectedId.value;
  batch(() => {
    selectedId.value = null;
    detail.value = null;
    detailError.value = "";
  });
  history.replaceState(null, "", location.pathname);
  document.getElementById(`card-${id}`)?.scrollIntoView({ block: "nearest" });
}

export function move(step: 1 | -1): void {
  const ids = queue.value.map((card) => card.incident_id);
  if (ids.length === 0) return;
  const at = ids.indexOf(cursorId.value ?? "");
  const next = at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + step));
  cursorId.value = ids[next] ?? null;
  document.getElementById(`card-${cursorId.value}`)?.scrollIntoView({ block: "nearest" });
}

export const canConfirm = (card: Card | null): card is Card => card?.state === "SUSPECTED";
export const canReject = (card: Card | null): card is Card => card?.state === "SUSPECTED";
export const canReopen = (card: Card | null): card is Card => card?.state === "FALSE_ALARM";

export function askConfirm(): void {
  if (canConfirm(selected.value)) dialog.value = "confirm";
}

export function askReject(): void {
  if (canReject(selected.value)) dialog.value = "reject";
}

/** Where another tower is asked to look at an incident. */
export const lookAddress = (id: string): string => `/incidents/${id}/look`;

export function lookFromElsewhere(): void {
  if (selected.value?.is_open) location.assign(lookAddress(selected.value.incident_id));
}

async function perform(send: () => Promise<{ card: Card }>, done: (card: Card) => void): Promise<void> {
  if (isBusy.value) return;
  isBusy.value = true;
  try {
    const { card } = await send();
    takeCard(card);
    done(card);
    if (selectedId.value === card.incident_id) void loadDetail(card.incident_id);
  } catch (error) {
    toast.value = { words: t("action.failed", { why: words(error) }), undo: null, isBad: true };
  } finally {
    isBusy.value = false;
    dialog.value = null;
  }
}

const tell = (key: string, facts: Record<string, string>, undo: string | null = null) => {
  toast.value = { words: t(key, facts), undo, isBad: false };
};

export function confirm(card: Card): Promise<void> {
  return perform(
    () => api.confirm(card.incident_id),
    (done) => tell("action.done.confirm", { number: done.number }),
  );
}

export function reject(card: Card, reason: string): Promise<void> {
  return perform(
    () => api.reject(card.incident_id, reason),
    (done) => tell("action.done.reject", { number: done.number, reason: t(`reject.${reason}`) }, done.incident_id),
  );
}

export function reopen(id: string): Promise<void> {
  return perform(
    () => api.reopen(id),
    (done) => tell("action.done.reopen", { number: done.number }),
  );
}

/** Ask for the reason of a word on which sightings are of one fire. */
export function askToSay(about: Saying): void {
  batch(() => {
    saying.value = about;
    dialog.value = "say";
  });
}

/** What a person is asked before saying it. */
export function say(about: Saying): string {
  if (about.kind === "unmatch") return t("match.split.ask", { tower: about.tower, azimuth: about.azimuth });
  return t(about.kind === "match" ? "match.same.ask" : "match.undo.ask");
}

export function sayAboutSightings(card: Card, about: Saying, otherId: string, reason: string): Promise<void> {
  const id = card.incident_id;
  const send = () => {
    if (about.kind === "match") return api.match(id, otherId, reason);
    if (about.kind === "unmatch") return api.unmatch(id, about.sightingId, reason);
    return api.undoMatch(id, about.rulingId, reason);
  };
  return perform(send, (done) => tell("match.done", { number: done.number }));
}
