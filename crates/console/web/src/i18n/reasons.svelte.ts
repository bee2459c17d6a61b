/** The texts of the broker's reasons. Loaded on demand, to keep the first load small. */
import { fill } from "./catalogue";
import type { Entry, Locale, Values } from "./catalogue";
import { language } from "./t.svelte";

let catalogues = $state.raw<Record<Locale, Readonly<Record<string, Entry>>> | null>(null);

export async function loadReasons(): Promise<void> {
  const [en, ru] = await Promise.all([import("./reasons.en"), import("./reasons.ru")]);
  catalogues = { en: en.reasons, ru: ru.reasons };
}

/** Returns the text of a code, or undefined if the code is unknown or the texts are not loaded. */
export function reasonEntry(code: string, values: Values): string | undefined {
  const entry = catalogues?.[language.current][code];
  return entry && fill(language.current, entry, values);
}
