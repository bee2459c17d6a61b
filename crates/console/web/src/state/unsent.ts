/**
 * What of one's own writing outlives a reload. Several tabs of one user keep it in one place, so
 * each writes only what it changed itself: a tab that is merely open undoes nothing of another's.
 */
import type { Id } from "../api/types";
import type { Draft } from "./drafts";
import type { Outgoing } from "./outbox";

export interface Unsent {
  readonly drafts: readonly (readonly [Id, Draft])[];
  readonly outbox: readonly (readonly [string, Outgoing])[];
}

/** The tables of a desk that are kept. */
export interface Kept {
  readonly drafts: ReadonlyMap<Id, Draft>;
  readonly outbox: ReadonlyMap<string, Outgoing>;
}

export const isSame = (a: Kept, b: Kept) => a.drafts === b.drafts && a.outbox === b.outbox;

/** What is to be stored, where this tab has come from `before` to `now`. */
export const merged = (stored: Unsent, before: Kept, now: Kept): Unsent => ({
  drafts: changed(stored.drafts, before.drafts, now.drafts),
  outbox: changed(stored.outbox, before.outbox, now.outbox),
});

function changed<Value>(
  stored: readonly (readonly [string, Value])[],
  before: ReadonlyMap<string, Value>,
  now: ReadonlyMap<string, Value>,
): [string, Value][] {
  const all = new Map(stored);
  for (const key of before.keys()) if (!now.has(key)) all.delete(key);
  for (const [key, value] of now) if (before.get(key) !== value) all.set(key, value);
  return [...all];
}
