/** Texts with places for values, and with the plural forms of their language. Pure. */

export type Locale = "en" | "ru";
export const LOCALES: readonly Locale[] = ["en", "ru"];

/** One form for each of the language's plural categories that whole numbers have. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Entry = string | Plural;
export type Words = Readonly<Record<string, Entry>>;
export type Values = Readonly<Record<string, string | number>>;

/** Every language must have the keys of English, and may have its own plural forms. */
export type Translated<English extends Words> = { readonly [Key in keyof English]: Entry };

const rules: Record<Locale, Intl.PluralRules> = {
  en: new Intl.PluralRules("en"),
  ru: new Intl.PluralRules("ru"),
};
const numbers: Record<Locale, Intl.NumberFormat> = {
  en: new Intl.NumberFormat("en"),
  ru: new Intl.NumberFormat("ru"),
};

export const number = (locale: Locale, value: number) => numbers[locale].format(value);

/** Fills an entry's `{places}`; the value `n` chooses its plural form. */
export function fill(locale: Locale, entry: Entry, values: Values = {}): string {
  const text = typeof entry === "string" ? entry : form(locale, entry, Number(values.n ?? 0));
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === "number" ? number(locale, value) : value;
  });
}

function form(locale: Locale, plural: Plural, n: number): string {
  return plural[rules[locale].select(n)] ?? plural.other;
}

/** The `{places}` of an entry, for the test that compares languages. */
export function places(entry: Entry): Set<string> {
  const texts = typeof entry === "string" ? [entry] : Object.values(entry);
  return new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "")));
}
