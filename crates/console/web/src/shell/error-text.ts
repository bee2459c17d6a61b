/** Errors and reasons of the broker in the user's language; unknown ones in the broker's English. */
import { isKey, t } from "../i18n/t.svelte";
import type { Refusal } from "../state/outbox";
import { reason } from "../state/reason";

/** Why a request failed. */
export function errorText({ code, message, details }: Refusal): string {
  const key = `error.${code}`;
  const values = Object.entries(details).filter(([, value]) => typeof value === "string");
  return isKey(key) ? t(key, Object.fromEntries(values) as Record<string, string>) : message;
}

/** Why a channel has its status, or why a message was not delivered. */
export function reasonText(words: string): string {
  const known = reason(words);
  return known ? t(`why.${known.kind}`, known.values) : words;
}
