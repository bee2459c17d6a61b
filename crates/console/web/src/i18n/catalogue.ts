/** Texts with placeholders and plural forms. */
import { inSentence } from "../text/bidi";

export type Locale = "en" | "ru";
export const LOCALES: readonly Locale[] = ["en", "ru"];

/** One form for each plural category that the language uses for whole numbers. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Entry = string | Plural;
export type Catalogue = Readonly<Record<string, Entry>>;
export type Values = Readonly<Record<string, string | number>>;

/** A translation has the keys of English and its own plural forms. */
export type Translated<English extends Catalogue> = { readonly [Key in keyof English]: Entry };

const rules: Record<Locale, Intl.PluralRules> = {
  en: new Intl.PluralRules("en"),
  ru: new Intl.PluralRules("ru"),
};
const numbers: Record<Locale, Intl.NumberFormat> = {
  en: new Intl.NumberFormat("en"),
  ru: new Intl.NumberFormat("ru"),
};

export const number = (locale: Locale, value: number) => numbers[locale].format(value);

/** Fills the placeholders of an entry; the value `n` selects its plural form. */
export function fill(locale: Locale, entry: Entry, values: Values = {}): string {
  const text = typeof entry === "string" ? entry : pluralForm(locale, entry, Number(values.n ?? 0));
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    return typeof value === "number" ? number(locale, value) : inSentence(value);
  });
}

function pluralForm(locale: Locale, plural: Plural, n: number): string {
  return plural[rules[locale].select(n)] ?? plural.other;
}

/** The placeholders of an entry, for the test that compares languages. */
export function placeholders(entry: Entry): Set<string> {
  const texts = typeof entry === "string" ? [entry] : Object.values(entry);
  return new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "")));
}
