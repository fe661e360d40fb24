/** What /api/v1 answers with; the Python side is firewatch/web/schemas.py. */

export type Point = [number, number];

export interface Where {
  lat_deg: number;
  lon_deg: number;
  gcj_lat_deg: number;
  gcj_lon_deg: number;
  major_m: number;
  minor_m: number;
  ellipse: Point[][];
  words: string;
  navigation: { amap: string; baidu: string; tencent: string };
}

export interface PossiblePlace {
  where: Where;
  towers: string[];
  chance: number;
}

export interface BearingLine {
  tower_id: string;
  azimuth_deg: number;
  sigma_deg: number;
  line: Point[];
  is_ended: boolean;
}

export interface Clock131 {
  called_at: string;
  accept_by: string;
  scene_by: string;
  report_by: string;
  accepted_at: string | null;
  accepted_by: string | null;
}

export interface Delivery {
  total: number;
  sent: number;
  reached: number;
  acknowledged: number;
  failed: number;
}

export interface Card {
  is_exercise: boolean;
  incident_id: string;
  number: string;
  state: string;
  state_words: string;
  is_open: boolean;
  opened_at: string;
  changed_at: string;
  seq: number;
  place: string;
  towers: string[];
  score: number | null;
  probability: number | null;
  /** The probability times the consequence: the queue's order. */
  priority: number;
  grade: number | null;
  grade_words: string;
  where: Where | null;
  bearings: BearingLine[];
  crop_url: string | null;
  delivery: Delivery;
  clock: Clock131 | null;
  reject_words: string | null;
  possible_places: PossiblePlace[];
}

export interface Look {
  captured_at: string;
  score: number;
  box: [number, number, number, number];
  width_px: number;
  height_px: number;
  crop_url: string | null;
  frame_url: string | null;
}

export interface Sighting {
  is_exercise: boolean;
  sighting_id: string;
  tower_id: string;
  tower: string;
  camera_id: string;
  azimuth_deg: number;
  sigma_deg: number;
  score: number;
  frames_hit: number;
  frames_seen: number;
  first_seen_at: string;
  observed_at: string;
  model: string;
  clock_doubt: string;
  best: number;
  looks: Look[];
}

export interface Danger {
  station: string;
  weather_day: string;
  grade: number | null;
  words: string;
  scheme: string;
  parts: { name: string; value: number }[];
  marks: string[];
  missing: string[];
  weather: string[];
}

export interface Told {
  person: string;
  reason: string;
  channel: string;
  attempts: number;
  sent_at: string | null;
  reached_at: string | null;
  acknowledged_at: string | null;
  failed: string;
}

export interface TimelineEntry {
  seq: number;
  occurred_at: string;
  recorded_at: string;
  actor: string;
  words: string;
  is_finding: boolean;
  ruling_id: string | null;
}

export interface Quantiles {
  p10: number;
  p50: number;
  p90: number;
}

export interface SpreadStage {
  after_min: number;
  at: string;
  head_m: Quantiles;
  area_ha: Quantiles;
  words: string;
}

export interface Spread {
  at: string;
  why_not: string | null;
  words: string;
  towards_deg: number | null;
  fuel: string;
  stages: SpreadStage[];
  shapes: GeoJSON.FeatureCollection;
  consequence: {
    value: number;
    parts: Record<string, number>;
    reached: { kind: string; name: string; distance_m: number }[];
  };
  basis: string[];
}

export interface Detail {
  card: Card;
  sightings: Sighting[];
  danger: Danger | null;
  belief: { name: string; log_odds: number; part: string; fact: string }[];
  belief_history: { at: string; probability: number }[];
  priority_parts: { name: string; value: number }[];
  told: Told[];
  timeline: TimelineEntry[];
  why_not: string;
  spread: Spread | null;
}

/** Whether a tower's azimuth is wrong, by how much it then points too far right, and its residual. */
export interface TowerDoubt {
  tower_id: string;
  tower: string;
  probability: number;
  turn_deg: number;
  residual_deg: number;
}

export interface LikelyPoint {
  lat_deg: number;
  lon_deg: number;
  gcj_lat_deg: number;
  gcj_lon_deg: number;
  major_m: number;
  minor_m: number;
}

export interface Whereabouts {
  best: LikelyPoint | null;
  /** Set where one tower alone sees it and the ground tells how far it is; no position. */
  likely_point: LikelyPoint | null;
  townships: { township: string; probability: number }[];
  region50: GeoJSON.Polygon | GeoJSON.MultiPolygon;
  region90: GeoJSON.Polygon | GeoJSON.MultiPolygon;
  towers: TowerDoubt[];
}

/** A tower that could look at an incident; `words` say what it would see and how likely it finds the smoke. */
export interface TowerLook {
  tower_id: string;
  tower: string;
  sight: "plain" | "risen" | "far" | "unknown";
  words: string;
}

export interface Heat {
  item_id: string;
  state: "verify" | "matched" | "closed";
  place: string;
  lat_deg: number;
  lon_deg: number;
  radius_m: number;
  first_at: string;
  last_at: string;
  count: number;
  satellites: string[];
  confidence: string | null;
  confidence_words: string;
  frp_mw: number | null;
  incident_id: string | null;
  distance_m: number | null;
  dismissed_id: string | null;
  source: string;
  looks: {
    tower_id: string;
    tower: string;
    azimuth_deg: number;
    distance_m: number;
    in_view: boolean;
    sight: string;
  }[];
  verdict: { verdict_id: string; reason: string; reason_words: string; note: string; at: string; by: string } | null;
}

export interface Hotspots {
  changes: number;
  at: string;
  items: Heat[];
  points: GeoJSON.FeatureCollection;
}

export interface Eyes {
  online: number;
  total: number;
  last_frame_at: string | null;
  blind: number;
  blind_since: string | null;
}

export interface Tower {
  tower_id: string;
  name: string;
  lat_deg: number;
  lon_deg: number;
  online: number;
  total: number;
}

export interface Station {
  station_id: string;
  name: string;
  lat_deg: number;
  lon_deg: number;
  grade: number | null;
  words: string;
  weather_day: string | null;
  weather: string[];
  marks: string[];
}

export interface Surface {
  day: string;
  words: string;
  picture_url: string;
  corners: [Point, Point, Point, Point];
}

export interface Tomorrow {
  day: string;
  grade: number | null;
  station: string;
  missing: number;
}

export interface Board {
  danger: number;
  hotspots: number;
  seq: number;
  at: string;
  is_illustrative: boolean;
  incidents: Card[];
  is_cut: boolean;
  eyes: Eyes;
  towers: Tower[];
  stations: Station[];
  tomorrow: Tomorrow;
}

export interface Beat {
  danger: number;
  hotspots: number;
  at: string;
  seq: number;
  eyes: Eyes;
}
