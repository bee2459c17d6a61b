/**
 * What this operator has written and the broker has not answered yet. Shown at once, kept over a
 * reload, and sent again under the same key until there is an answer: it has one effect.
 */
import type { FeedEvent, Id } from "../api/types";

export interface Outgoing {
  /** The `commandId`. */
  readonly key: string;
  readonly session: Id;
  readonly kind: "message" | "note";
  readonly text: string;
  readonly replyTo?: Id;
  /** When it was written, by the clock of this machine. */
  readonly at: number;
  /** The broker said no; it waits for what the operator decides. */
  readonly refused?: Refusal;
}

/** Plain, so that it can be stored. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** By key, in the order of writing. */
export type Outbox = Map<string, Outgoing>;

/** Written longer ago than this, an answer may be wrong by now. */
const OLD_MS = 12 * 60 * 60_000;

/** What was kept since another day does not go out by itself: the operator decides. */
export const kept = (all: readonly (readonly [string, Outgoing])[], now: number): Outbox =>
  new Map(
    all.map(([key, outgoing]) => {
      const isOld = now - outgoing.at > OLD_MS && !outgoing.refused;
      return [key, isOld ? { ...outgoing, refused: OLD } : outgoing];
    }),
  );

const OLD: Refusal = { code: "old", message: "it was written long ago", details: {} };

/** What waits of one session. */
export const of = (outbox: ReadonlyMap<string, Outgoing>, session: Id): Outgoing[] =>
  [...outbox.values()].filter((outgoing) => outgoing.session === session);

/** What to send next of each session: one at a time, so that the order is that of writing. */
export function due(outbox: ReadonlyMap<string, Outgoing>): Outgoing[] {
  const first = new Map<Id, Outgoing>();
  for (const outgoing of outbox.values())
    if (!outgoing.refused && !first.has(outgoing.session)) first.set(outgoing.session, outgoing);
  return [...first.values()];
}

export function refuse(outbox: Outbox, key: string, refused: Refusal | undefined): void {
  const outgoing = outbox.get(key);
  if (outgoing) outbox.set(key, { ...outgoing, refused });
}

/** The feed tells of something that this operator wrote: it need not be sent any more. */
export function confirm(outbox: Outbox, { data }: FeedEvent): void {
  // Only the key tells which: a program of the same user may write the same words without one.
  if (data.commandId) outbox.delete(data.commandId);
}
