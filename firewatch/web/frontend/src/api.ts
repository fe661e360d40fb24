/** Requests to the server; every failure becomes a sentence for people. */
import { boot, t } from "./boot";
import { isLoggedOut } from "./state";
import type { Board, Card, Detail, Hotspots, Surface, TowerLook, Whereabouts } from "./types";

const TIMEOUT_MS = 10_000;

export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const address = `/api/v1${path}${path.includes("?") ? "&" : "?"}lang=${boot.lang}`;
  let answer: Response;
  try {
    answer = await fetch(address, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Refused(t("action.offline"), 0);
  }
  // The board stays on the screen and says so: a page that quietly became a log-in form would never ring again.
  isLoggedOut.value = answer.status === 401;
  if (!answer.ok) {
    const why = (await answer.json().catch(() => null)) as { words?: string } | null;
    throw new Refused(why?.words ?? t("error.internal"), answer.status);
  }
  return (await answer.json()) as T;
}

function act<T = { card: Card }>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRF-Token": boot.csrf,
      "Idempotency-Key": crypto.getRandomValues(new Uint32Array(4)).join("-"),
    },
    body: JSON.stringify(body),
  });
}

export const api = {
  board: () => ask<Board>("/state"),
  detail: (id: string) => ask<Detail>(`/incidents/${id}`),
  whereabouts: (id: string) => ask<Whereabouts>(`/incidents/${id}/whereabouts`),
  looks: (id: string) => ask<{ towers: TowerLook[] }>(`/incidents/${id}/looks`),
  sites: () => ask<GeoJSON.FeatureCollection>("/sites.geojson"),
  surface: () => ask<Surface>("/danger/surface?cells=false"),
  confirm: (id: string) => act(`/incidents/${id}/confirm`, {}),
  reject: (id: string, reason: string) => act(`/incidents/${id}/reject`, { reason }),
  hotspots: () => ask<Hotspots>("/hotspots"),
  closeHeat: (id: string, reason: string, note: string) => act<Hotspots>(`/hotspots/${id}/close`, { reason, note }),
  undoVerdict: (id: string) => act<Hotspots>(`/hotspots/verdicts/${id}/undo`, {}),
  reopen: (id: string) => act(`/incidents/${id}/reopen`, {}),
  match: (id: string, otherId: string, reason: string) =>
    act(`/incidents/${id}/match`, { other_id: otherId, reason }),
  unmatch: (id: string, sightingId: string, reason: string) =>
    act(`/incidents/${id}/unmatch`, { sighting_id: sightingId, reason }),
  undoMatch: (id: string, rulingId: string, reason: string) =>
    act(`/incidents/${id}/rulings/${rulingId}/undo`, { reason }),
};
