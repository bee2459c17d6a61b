/** Errors and reasons of the broker in the user's language. */
import type { Reason } from "../api/types";
import { reasonEntry } from "../i18n/reasons.svelte";
import { isKey, t, whole } from "../i18n/t.svelte";
import type { Refusal } from "../state/outbox";

/** Why a request failed. */
export function errorText({ code, message, details }: Refusal): string {
  if (details.reason) return reasonText(details.reason as Reason);
  const key = `error.${code}`;
  return isKey(key) ? t(key) : message;
}

/** Why something failed or has its status; unknown codes show the broker's English message. */
export function reasonText({ code, message, ...fields }: Reason): string {
  const values = Object.entries(fields).map(([name, value]) => [name, fieldText(name, value)]);
  return reasonEntry(code, Object.fromEntries(values) as Record<string, string>) ?? message;
}

function fieldText(name: string, value: unknown): string | number {
  if (name === "since" || name === "until") return whole(Date.parse(String(value)));
  const status = `channelStatus.${String(value)}`;
  if (name === "status" && isKey(status)) return t(status);
  // A port or an HTTP status is not a quantity: no digit grouping.
  const isQuantity = typeof value === "number" && name !== "port" && name !== "status";
  return isQuantity ? value : String(value);
}
