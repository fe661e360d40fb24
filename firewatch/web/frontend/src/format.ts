import { boot } from "./boot";
import { serverNow } from "./state";

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: boot.timeZone,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: boot.timeZone, month: "2-digit", day: "2-digit" });

/** HH:MM:SS in the centre's time zone, with month and day before it where that is not today: a shift passes midnight. */
export function clock(instant: string | number): string {
  const time = new Date(instant);
  const day = dayFormat.format(time);
  const words = clockFormat.format(time);
  return day === dayFormat.format(new Date(serverNow.value)) ? words : `${day} ${words}`;
}

/** Minutes and seconds, or hours and minutes from an hour on: 04:12, 2h05. */
export function span(milliseconds: number): string {
  const total = Math.max(0, Math.floor(Math.abs(milliseconds) / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  if (total >= 3600) return `${Math.floor(total / 3600)}h${two(Math.floor((total % 3600) / 60))}`;
  return `${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

/** Per cent without the sign; what is not certain never reads as 0 or 100. */
export function percent(value: number | null): string {
  if (value === null) return "—";
  if (value > 0 && value < 0.01) return "<1";
  return value > 0.99 && value < 1 ? ">99" : String(Math.round(value * 100));
}

export function azimuth(degrees: number): string {
  return String(Math.round(degrees) % 360).padStart(3, "0");
}
