/** One short double tone for a new sighting; browsers allow it after the first click or key. */
import { signal } from "@preact/signals";
import { boot } from "./boot";

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
  beep();
}

let context: AudioContext | null = null;

/** Whether the browser keeps the page silent: it does until somebody has clicked or pressed a key. */
export const isSoundBlocked = signal(false);

function readied(): AudioContext | null {
  if (!("AudioContext" in window)) return null;
  if (!context) {
    const made = new AudioContext();
    made.onstatechange = () => (isSoundBlocked.value = made.state !== "running");
    isSoundBlocked.value = made.state !== "running";
    context = made;
  }
  return context;
}

/** Find out at once whether the page may sound, and ask again at every click and key until it may. */
export function watchSound(): void {
  readied();
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => {
      if (context?.state === "suspended") void context.resume();
    });
  }
}

/** Say some words aloud, where the browser has a voice for the page's language. */
export function speak(words: string): void {
  if (!isSoundOn.value || !("speechSynthesis" in window)) return;
  const spoken = new SpeechSynthesisUtterance(words);
  spoken.lang = boot.lang;
  window.speechSynthesis.speak(spoken);
}

export function beep(): void {
  const sounding = isSoundOn.value ? readied() : null;
  if (!sounding) return;
  const start = sounding.currentTime;
  for (const [at, hertz] of [
    [0, 740],
    [0.18, 990],
  ] as const) {
    const tone = sounding.createOscillator();
    const loudness = sounding.createGain();
    tone.frequency.value = hertz;
    loudness.gain.setValueAtTime(0.0001, start + at);
    loudness.gain.exponentialRampToValueAtTime(0.2, start + at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + at + 0.16);
    tone.connect(loudness).connect(sounding.destination);
    tone.start(start + at);
    tone.stop(start + at + 0.17);
  }
}
