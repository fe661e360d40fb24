/** The frame player of the open incident. */
import { computed, effect, signal } from "@preact/signals";
import { detail } from "./state";

const FRAME_MS = 700;

const sightingAt = signal(0);
const frameAt = signal(0);
const isPlaying = signal(false);
const isWhole = signal(false);
let openId: string | null = null;
let timer = 0;

const sighting = computed(() => detail.value?.sightings[sightingAt.value] ?? null);
const looks = computed(() => sighting.value?.looks ?? []);
const look = computed(() => looks.value[Math.min(frameAt.value, looks.value.length - 1)] ?? null);

function play(on: boolean): void {
  isPlaying.value = on;
  window.clearInterval(timer);
  if (on) timer = window.setInterval(() => turn(1), FRAME_MS);
}

function turn(step: number): void {
  const count = looks.value.length;
  if (count > 0) frameAt.value = (frameAt.value + step + count) % count;
}

function choose(index: number): void {
  sightingAt.value = index;
  frameAt.value = sighting.value?.best ?? 0;
}

// A newly opened incident starts at the best frame of its surest tower; news about the open one leave the frame alone.
effect(() => {
  const loaded = detail.value;
  const id = loaded?.card.incident_id ?? null;
  if (id === openId) return;
  openId = id;
  play(false);
  const surest = loaded?.sightings.reduce((best, one, i, all) => (one.score > (all[best]?.score ?? 0) ? i : best), 0);
  choose(surest ?? 0);
});

export const player = {
  sighting,
  looks,
  look,
  sightingAt,
  frameAt,
  isPlaying,
  isWhole,
  choose,
  toggle: () => play(!isPlaying.value && looks.value.length > 1),
  step: (by: number) => {
    play(false);
    turn(by);
  },
  swap: () => {
    isWhole.value = !isWhole.value;
  },
};
