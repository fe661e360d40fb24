/** Where the open incident may be, in the region's own terms. */
import { api } from "./api";
import { askedAbout } from "./asked";
import type { BearingLine, TowerDoubt, Whereabouts } from "./types";

/** Where what is open may be; null where nobody knows, or until it is there. */
export const [whereabouts, watchWhereabouts] = askedAbout(api.whereabouts);

/** From here on a page says that a tower may be wrong: of three towers that do not meet, each is by a third. */
const DOUBTFUL = 0.2;
export const isDoubtful = (tower: TowerDoubt): boolean => tower.probability >= DOUBTFUL;

/** How far a bearing errs, in its own standard deviations; null where its tower has several bearings, or none. */
export function sigmas(tower: TowerDoubt, bearings: BearingLine[]): number | null {
  const own = bearings.filter((bearing) => bearing.tower_id === tower.tower_id);
  const only = own.length === 1 ? own[0] : undefined;
  return only && only.sigma_deg > 0 ? Math.abs(tower.residual_deg) / only.sigma_deg : null;
}

/** Residuals say nothing where one tower alone sees it: its bearing always agrees with itself. */
export const compared = (found: Whereabouts): TowerDoubt[] =>
  new Set(found.towers.map((tower) => tower.tower_id)).size > 1 ? found.towers : [];

export const signed = (degrees: number): string => (degrees < 0 ? "−" : "+") + Math.abs(degrees).toFixed(1);

const KM_PER_DEG = 111.2;

type Rings = GeoJSON.Position[][];
export const partsOf = (shape: Whereabouts["region50"]): Rings[] =>
  shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;

/** Twice the area of a ring, in square degrees, with its sign. */
function doubled(ring: GeoJSON.Position[]): number {
  let sum = 0;
  ring.forEach(([lon = 0, lat = 0], place) => {
    const [nextLon = 0, nextLat = 0] = ring[(place + 1) % ring.length] ?? [];
    sum += lon * nextLat - nextLon * lat;
  });
  return sum;
}

/** The area of a region [km2], to a few per cent. */
export function areaKm2(shape: Whereabouts["region50"]): number {
  return partsOf(shape).reduce((sum, rings) => {
    const lat = rings[0]?.[0]?.[1] ?? 0;
    const [outer = 0, ...holes] = rings.map((ring) => Math.abs(doubled(ring)) / 2);
    const scale = KM_PER_DEG ** 2 * Math.cos((lat * Math.PI) / 180);
    return sum + scale * (outer - holes.reduce((all, hole) => all + hole, 0));
  }, 0);
}
