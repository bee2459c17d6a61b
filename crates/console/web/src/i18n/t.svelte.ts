/** The texts of the page in the current language. Readers update when the language changes. */
import { fill, number } from "./catalogue";
import type { Catalogue, Locale, Translated, Values } from "./catalogue";
import { en } from "./en";
import * as time from "./time";

class Language {
  current = $state<Locale>("en");
}

export const language = new Language();

/** Returns a function that looks up texts in the current language. */
export function texts<English extends Catalogue>(
  english: English,
  russian: () => Translated<English>,
) {
  return (key: keyof English, values?: Values): string => {
    const catalogue = language.current === "ru" ? russian() : english;
    return fill(language.current, catalogue[key] ?? english[key]!, values);
  };
}

/** The Russian texts. They are loaded for those who use them; English ones are shown until then. */
let russian = $state.raw<Translated<typeof en>>(en);

export async function loadTexts(locale: Locale): Promise<void> {
  if (locale === "ru") russian = (await import("./ru")).ru;
}

export const russianTexts = () => russian;
export const t = texts(en, russianTexts);
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
