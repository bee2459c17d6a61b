/** Formatting of times. */
import type { Locale } from "./catalogue";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The browser's regional variant of the language, such as en-GB. */
const regional = (locale: Locale) =>
  globalThis.navigator?.languages?.find((one) => one.startsWith(locale)) ?? locale;

function formats(locale: Locale) {
  const region = regional(locale);
  const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(region, options);
  return {
    clock: of({ hour: "2-digit", minute: "2-digit" }),
    day: of({ weekday: "long", day: "numeric", month: "long" }),
    date: of({ day: "numeric", month: "short" }),
    dayOfYear: of({ day: "numeric", month: "long", year: "numeric" }),
    dateOfYear: of({ day: "numeric", month: "short", year: "numeric" }),
    whole: of({ dateStyle: "medium", timeStyle: "medium" }),
    relative: new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
  };
}
const all = { en: formats("en"), ru: formats("ru") };

/** The number of a local calendar day; days have 23 or 25 hours when the clocks change. */
function dayNumber(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS;
}

/** Whether two times are on the same local day. */
export const sameDay = (a: number, b: number) => dayNumber(a) === dayNumber(b);

const sameYear = (a: number, b: number) =>
  new Date(a).getFullYear() === new Date(b).getFullYear();

export const clock = (locale: Locale, at: number) => all[locale].clock.format(at);
export const whole = (locale: Locale, at: number) => all[locale].whole.format(at);

/** "today", "yesterday", or the day's name and date. */
export function day(locale: Locale, at: number, now: number): string {
  const days = dayNumber(at) - dayNumber(now);
  if (days === 0 || days === -1) return all[locale].relative.format(days, "day");
  const { day, dayOfYear } = all[locale];
  return (sameYear(at, now) ? day : dayOfYear).format(at);
}

/** Short, for lists: the time if today, otherwise the date. */
export function brief(locale: Locale, at: number, now: number): string {
  if (sameDay(at, now)) return clock(locale, at);
  const { date, dateOfYear } = all[locale];
  return (sameYear(at, now) ? date : dateOfYear).format(at);
}

/** A duration: `0:07`, `12:40`, `3 h`, `2 d`. */
export function span(ms: number, units: { hours: string; days: string }): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} ${units.hours}`;
  return `${Math.floor(hours / 24)} ${units.days}`;
}

/** "5 minutes ago", "in 2 hours", and in calendar days beyond two days. */
export function ago(locale: Locale, at: number, now: number): string {
  const minutes = Math.round((at - now) / MINUTE_MS);
  const { relative } = all[locale];
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 48) return relative.format(hours, "hour");
  return relative.format(dayNumber(at) - dayNumber(now), "day");
}
