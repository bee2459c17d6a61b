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
