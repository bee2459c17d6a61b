/**
 * Drafts and unsent messages in local storage. All tabs of a user share them, so each tab stores only
 * its own changes.
 */
import type { Id } from "../api/types";
import type { Draft } from "./drafts";
import type { Outgoing } from "./outbox";

export interface Unsent {
  readonly drafts: readonly (readonly [Id, Draft])[];
  readonly outbox: readonly (readonly [string, Outgoing])[];
}

/** The tables of a desk that are stored. */
export interface UnsentTables {
  readonly drafts: ReadonlyMap<Id, Draft>;
  readonly outbox: ReadonlyMap<string, Outgoing>;
}

export const isSame = (a: UnsentTables, b: UnsentTables) => a.drafts === b.drafts && a.outbox === b.outbox;

/** Applies this tab's changes from `before` to `now` to the stored data. */
export const merge = (stored: Unsent, before: UnsentTables, now: UnsentTables): Unsent => ({
  drafts: mergeTable(stored.drafts, before.drafts, now.drafts),
  outbox: mergeTable(stored.outbox, before.outbox, now.outbox),
});

/** What would be lost without the stored data. */
export const count = ({ drafts, outbox }: Unsent) => ({
  drafts: drafts.filter(([, { text }]) => text.trim()).length,
  messages: outbox.length,
});

function mergeTable<Value>(
  stored: readonly (readonly [string, Value])[],
  before: ReadonlyMap<string, Value>,
  now: ReadonlyMap<string, Value>,
): [string, Value][] {
  const all = new Map(stored);
  for (const key of before.keys()) if (!now.has(key)) all.delete(key);
  for (const [key, value] of now) if (before.get(key) !== value) all.set(key, value);
  return [...all];
}
