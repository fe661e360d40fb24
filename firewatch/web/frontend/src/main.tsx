import { effect } from "@preact/signals";
import { render } from "preact";
import { loadBoard, open } from "./actions";
import { App } from "./components/App";
import { listen } from "./keys";
import { connect, watchSilence } from "./live";
import { watchLooks } from "./looks";
import { watchSound } from "./sound";
import { cursorId, isLoaded, now, queue, waiting } from "./state";
import { watchWhereabouts } from "./whereabouts";
import "./styles/base.css";
import "./styles/queue.css";
import "./styles/detail.css";
import "./styles/map.css";

const STATE_MS = 60_000;
const RETRY_MS = 5000;

async function start(): Promise<void> {
  render(<App />, document.getElementById("app") as HTMLElement);
  listen();
  watchSound();
  watchWhereabouts();
  watchLooks();
  await loadBoard();
  while (!isLoaded.value) {
    await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS));
    await loadBoard();
  }
  const linked = location.hash.slice(1);
  const first = queue.value[0]?.incident_id;
  if (queue.value.some((card) => card.incident_id === linked)) open(linked);
  else if (first) cursorId.value = first;
  connect();
  watchSilence();
  // The number of those that wait shows in the browser's tab, too.
  const title = document.title;
  effect(() => {
    document.title = waiting.value.length > 0 ? `(${waiting.value.length}) ${title}` : title;
  });
  // Ratings and nodes change without an event of an incident.
  window.setInterval(() => void loadBoard(), STATE_MS);
}

window.setInterval(() => {
  now.value = Date.now();
}, 1000);
void start();
