import { boot } from "./boot";

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: boot.timeZone,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** HH:MM:SS in the centre's time zone. */
export function clock(instant: string | number): string {
  return clockFormat.format(new Date(instant));
}

/** Minutes and seconds, or hours and minutes from an hour on: 04:12, 2h05. */
export function span(milliseconds: number): string {
  const total = Math.max(0, Math.floor(Math.abs(milliseconds) / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  if (total >= 3600) return `${Math.floor(total / 3600)}h${two(Math.floor((total % 3600) / 60))}`;
  return `${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

export function percent(value: number | null): string {
  return value === null ? "—" : String(Math.round(value * 100));
}

export function azimuth(degrees: number): string {
  return String(Math.round(degrees) % 360).padStart(3, "0");
}
