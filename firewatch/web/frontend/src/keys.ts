/** The keyboard: off while somebody types, and never in the way of the browser's own keys. */
import { askConfirm, askReject, close, lookFromElsewhere, move, open } from "./actions";
import { player } from "./player";
import { cursorId, dialog, toast } from "./state";

const KEYS: Record<string, () => void> = {
  j: () => move(1),
  k: () => move(-1),
  Enter: () => cursorId.value && open(cursorId.value),
  c: askConfirm,
  r: askReject,
  " ": () => player.toggle(),
  ",": () => player.step(-1),
  ".": () => player.step(1),
  z: () => player.swap(),
  x: lookFromElsewhere,
  "?": () => {
    dialog.value = "help";
  },
  Escape: () => {
    if (toast.value) toast.value = null;
    else close();
  },
};

/** After G: where the other pages are. */
const PAGES: Record<string, string> = { m: "/", d: "/danger", n: "/nodes" };
const GO_MS = 1500;

const TYPING = "input, textarea, select, [contenteditable]";
/** Enter and Space press a focused control: there they are not ours. */
const PRESSING = "button, a[href], summary";

export function listen(): void {
  let wentAt = -Infinity;
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.value !== null || target?.closest(TYPING)) return;
    if ((event.key === "Enter" || event.key === " ") && target?.closest(PRESSING)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const page = event.timeStamp - wentAt < GO_MS ? PAGES[key] : undefined;
    wentAt = key === "g" ? event.timeStamp : -Infinity;
    if (page) {
      event.preventDefault();
      location.assign(page);
      return;
    }
    const perform = KEYS[key];
    if (!perform) return;
    event.preventDefault();
    perform();
  });
}
