/** The texts of the page in the current language. Readers update when the language changes. */
import { fill, number } from "./catalogue";
import type { Catalogue, Locale, Translated, Values } from "./catalogue";
import { en } from "./en";
import { ru } from "./ru";
import * as time from "./time";

class Language {
  current = $state<Locale>("en");
}

export const language = new Language();

/** Returns a function that looks up texts in the current language. */
export function texts<English extends Catalogue>(english: English, russian: Translated<English>) {
  const catalogues = { en: english, ru: russian };
  return (key: keyof English, values?: Values): string =>
    fill(language.current, catalogues[language.current][key] ?? english[key]!, values);
}

export const t = texts(en, ru);
export type Key = keyof typeof en;

/** Whether a computed key exists. */
export const isKey = (key: string): key is Key => Object.hasOwn(en, key);

export const clock = (at: number) => time.clock(language.current, at);
export const whole = (at: number) => time.whole(language.current, at);
export const day = (at: number, now: number) => time.day(language.current, at, now);
export const brief = (at: number, now: number) => time.brief(language.current, at, now);
export const ago = (at: number, now: number) => time.ago(language.current, at, now);
export const span = (ms: number) => time.span(ms, { hours: t("unit.hours"), days: t("unit.days") });
export const count = (n: number) => number(language.current, n);
