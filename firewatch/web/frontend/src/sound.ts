/** One short double tone for a new sighting; browsers allow it after the first click or key. */
import { signal } from "@preact/signals";

const STORED = "fw_sound";

function stored(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

export const isSoundOn = signal(stored());

export function toggleSound(): void {
  isSoundOn.value = !isSoundOn.value;
  try {
    localStorage.setItem(STORED, isSoundOn.value ? "on" : "off");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  if (isSoundOn.value) beep();
}

let context: AudioContext | null = null;

export function beep(): void {
  if (!isSoundOn.value || !("AudioContext" in window)) return;
  context ??= new AudioContext();
  const start = context.currentTime;
  for (const [at, hertz] of [
    [0, 740],
    [0.18, 990],
  ] as const) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = hertz;
    loudness.gain.setValueAtTime(0.0001, start + at);
    loudness.gain.exponentialRampToValueAtTime(0.2, start + at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + at + 0.16);
    tone.connect(loudness).connect(context.destination);
    tone.start(start + at);
    tone.stop(start + at + 0.17);
  }
}
