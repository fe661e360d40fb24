/** What satellites saw: kept fresh with each change, closed and opened again by people. */
import { batch, computed, signal } from "@preact/signals";
import { api, Refused } from "./api";
import { t } from "./boot";
import { announcement, isBusy, toast } from "./state";
import type { Heat, Hotspots } from "./types";

export const hotspots = signal<Hotspots | null>(null);
/** The heat that a person chose, in the list or on the map. */
export const chosenHeat = signal<string | null>(null);

const of = (state: Heat["state"]) => computed(() => (hotspots.value?.items ?? []).filter((one) => one.state === state));
export const toVerify = of("verify");
export const verified = of("closed");
export const matched = of("matched");

let known = -1;
let askedAt = 0;
/** What is a day old leaves the list: asked for again without a change, too. */
const AGAIN_MS = 600_000;

function take(found: Hotspots): void {
  const before = hotspots.value ? new Set(hotspots.value.items.map((one) => one.item_id)) : null;
  batch(() => {
    hotspots.value = found;
    known = found.changes;
    const news = found.items.filter((one) => one.state === "verify" && !one.source && before?.has(one.item_id) === false);
    if (news[0]) announcement.value = `${t("hotspot.title")}: ${news[0].place}`;
  });
}

/** Ask again where the server has told of a change; a centre without hotspots answers 404 and is left alone. */
export async function heardOfHotspots(changes: number | undefined): Promise<void> {
  if (changes === undefined || (changes === known && Date.now() - askedAt < AGAIN_MS)) return;
  known = changes;
  askedAt = Date.now();
  try {
    take(await api.hotspots());
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) known = -1;
  }
}

async function perform(send: () => Promise<Hotspots>): Promise<boolean> {
  if (isBusy.value) return false;
  isBusy.value = true;
  try {
    take(await send());
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    toast.value = { words: t("action.failed", { why }), undo: null, isBad: true };
    return false;
  } finally {
    isBusy.value = false;
  }
}

export const closeHeat = (id: string, reason: string, note: string) => perform(() => api.closeHeat(id, reason, note));
export const undoVerdict = (id: string) => perform(() => api.undoVerdict(id));

/** Choose a heat, and bring its line into view. */
export function chooseHeat(id: string): void {
  chosenHeat.value = id;
  document.getElementById(`heat-${id}`)?.scrollIntoView({ block: "nearest" });
}
