/** The administrator's texts, which come with these screens and not before. */
import { asApiError } from "../api/error";
import { admin as english } from "../i18n/admin.en";
import { admin as russian } from "../i18n/admin.ru";
import { texts, whole } from "../i18n/t.svelte";
import { inWords } from "../shell/words";
import { isAdvised, reason } from "../state/reason";
import { refusal } from "./state/refusal";

export { why } from "../shell/words";

export const w = texts(english, russian);

export const moment = (at: string) => whole(Date.parse(at));

/** What an administrator can do about it, if anything. */
export function advice(words: string): string | null {
  const known = reason(words);
  return known && isAdvised(known.kind) ? w(`advice.${known.kind}`, known.values) : null;
}

/** Why the broker would not do it. */
export function refused(thrown: unknown): string {
  const error = asApiError(thrown);
  const known = refusal(error);
  return known ? w(`refused.${known.kind}`, known.values) : inWords(error);
}
