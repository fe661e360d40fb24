/** What is asked of the server about the open incident: when it is opened, and again when it changes. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { Refused } from "./api";
import { detail, selectedId } from "./state";

const AGAIN_MS = 5000;
const NOT_THERE = 404;

/** Return what is known of the open incident, null until it is there, and what asks for it: call that once. */
export function askedAbout<T>(fetch: (id: string) => Promise<T>): [ReadonlySignal<T | null>, () => void] {
  const answer = signal<{ id: string; found: T | null } | null>(null);
  let isAsking = false;
  let wanted = "";

  /** One question at a time; what changed meanwhile is asked once more afterwards. */
  async function ask(id: string): Promise<void> {
    wanted = id;
    if (isAsking) return;
    isAsking = true;
    while (wanted) {
      const about = wanted;
      wanted = "";
      // Without an answer the page stays as the board has brought it.
      const found = await fetch(about).catch((error: unknown) => {
        if (!(error instanceof Refused && error.status === NOT_THERE)) askLater(about);
        return null;
      });
      if (selectedId.value === about) answer.value = { id: about, found };
    }
    isAsking = false;
  }

  /** A busy server or a lost link: once more, while it is still open. */
  function askLater(id: string): void {
    window.setTimeout(() => {
      if (selectedId.value === id) void ask(id);
    }, AGAIN_MS);
  }

  let asked = "";
  const watch = () => {
    effect(() => {
      const loaded = detail.value;
      if (!loaded) {
        asked = "";
        return;
      }
      const change = `${loaded.card.incident_id} ${loaded.card.seq}`;
      if (change === asked) return;
      asked = change;
      void ask(loaded.card.incident_id);
    });
  };
  return [computed(() => (answer.value?.id === selectedId.value ? answer.value.found : null)), watch];
}
