/** The broker's words in the reader's language, where they are known; else as they came. */
import { isKey, t } from "../i18n/t.svelte";
import type { Refusal } from "../state/outbox";
import { reason } from "../state/reason";

/** Why something was refused. */
export function inWords({ code, message, details }: Refusal): string {
  const key = `error.${code}`;
  const values = Object.entries(details).filter(([, value]) => typeof value === "string");
  return isKey(key) ? t(key, Object.fromEntries(values) as Record<string, string>) : message;
}

/** Why something is as it is: a channel's status, a message that did not arrive. */
export function why(words: string): string {
  const known = reason(words);
  return known ? t(`why.${known.kind}`, known.values) : words;
}
