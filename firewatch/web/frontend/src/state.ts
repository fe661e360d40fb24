/** What the page knows, as signals; components only read them. */
import { computed, signal } from "@preact/signals";
import type { Board, Card, Detail, Eyes, Station, Tomorrow, Tower } from "./types";

export type Link = "waiting" | "live" | "down";
export type Dialog = "confirm" | "reject" | "say" | "help" | null;
/** What a person is about to say of sightings. */
export type Saying =
  | { kind: "match" }
  | { kind: "unmatch"; sightingId: string; tower: string; azimuth: string }
  | { kind: "undo"; rulingId: string };
export interface Toast {
  words: string;
  undo: string | null;
  isBad: boolean;
}

export const cards = signal<Card[]>([]);
export const eyes = signal<Eyes>({ online: 0, total: 0, last_frame_at: null, blind: 0, blind_since: null });
export const towers = signal<Tower[]>([]);
export const stations = signal<Station[]>([]);
export const tomorrow = signal<Tomorrow | null>(null);
export const seq = signal(0);
/** Rises with every change of ratings and outlooks. */
export const danger = signal(0);
export const isLoaded = signal(false);
/** Whether more incidents are open than the board carries. */
export const isCut = signal(false);
/** Whether the log-in has ended: the page stands still until somebody logs in again. */
export const isLoggedOut = signal(false);
export const loadError = signal("");

export const link = signal<Link>("waiting");
/** Browser time at which the server was last heard. */
export const heardAt = signal(Date.now());
/** Server time minus browser time [ms]: a duty desk's clock may be wrong, the deadlines must not be. */
export const skew = signal(0);
export const now = signal(Date.now());

export const selectedId = signal<string | null>(null);
export const cursorId = signal<string | null>(null);
export const detail = signal<Detail | null>(null);
export const detailError = signal("");

export const dialog = signal<Dialog>(null);
export const saying = signal<Saying | null>(null);
export const toast = signal<Toast | null>(null);
export const announcement = signal("");
export const isBusy = signal(false);

export const serverNow = computed(() => now.value + skew.value);
/** How long nothing was heard [ms]. */
export const silence = computed(() => now.value - heardAt.value);

/**
 * The highest priority first: how likely it is a fire, times what it would do. The probability holds the fire danger, so
 * weather orders the queue and never hides anything. An incident that nobody has weighed yet counts as certain. No fire
 * waits behind an exercise.
 */
const byUrgency = (a: Card, b: Card) =>
  Number(a.is_exercise) - Number(b.is_exercise) || b.priority - a.priority || byAge(a, b);
const byAge = (a: Card, b: Card) => b.opened_at.localeCompare(a.opened_at);
export const waiting = computed(() => cards.value.filter((c) => c.state === "SUSPECTED").sort(byUrgency));
export const working = computed(() => cards.value.filter((c) => c.is_open && c.state !== "SUSPECTED").sort(byAge));
export const closed = computed(() => cards.value.filter((c) => !c.is_open).sort(byAge));
/** The queue from top to bottom: J and K walk through it. */
export const queue = computed(() => [...waiting.value, ...working.value, ...closed.value]);

/** Whether a drill goes on: the page says so at its head. */
export const isExercising = computed(() => cards.value.some((c) => c.is_open && c.is_exercise));

export const selected = computed(() => cards.value.find((c) => c.incident_id === selectedId.value) ?? null);

/** The board's cards, except where the stream has already told something newer. */
function newest(board: Board): Card[] {
  const streamed = cards.value.filter((card) => card.seq > board.seq);
  const ids = new Set(streamed.map((card) => card.incident_id));
  return [...streamed, ...board.incidents.filter((card) => !ids.has(card.incident_id))];
}

/** Take the whole board; return the open incidents that were not known here, none on the first load. */
export function takeBoard(board: Board): Card[] {
  const known = new Set(cards.value.map((card) => card.incident_id));
  const news = isLoaded.value ? board.incidents.filter((card) => card.is_open && !known.has(card.incident_id)) : [];
  cards.value = newest(board);
  isCut.value = board.is_cut;
  eyes.value = board.eyes;
  towers.value = board.towers;
  stations.value = board.stations;
  tomorrow.value = board.tomorrow;
  danger.value = board.danger;
  seq.value = Math.max(seq.value, board.seq);
  skew.value = Date.parse(board.at) - Date.now();
  isLoaded.value = true;
  loadError.value = "";
  return news;
}

/** Put a card into the queue; return whether the incident is new here. An older card never replaces a newer one. */
export function takeCard(card: Card): boolean {
  const known = cards.value.find((c) => c.incident_id === card.incident_id);
  if (known && known.seq > card.seq) return false;
  cards.value = [card, ...cards.value.filter((c) => c.incident_id !== card.incident_id)];
  return known === undefined;
}
