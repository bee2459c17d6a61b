/**
 * Messages that the broker has not confirmed yet. They are shown at once, survive a reload, and are
 * retried with the same command id, so that each takes effect once.
 */
import type { FeedEvent, Id } from "../api/types";

export interface Outgoing {
  /** The `commandId`. */
  readonly key: string;
  readonly session: Id;
  readonly kind: "message" | "note";
  readonly text: string;
  readonly replyTo?: Id;
  /** When it was written, by the local clock. */
  readonly at: number;
  /** Set when the broker refused it: the operator retries or discards it. */
  readonly refused?: Refusal;
}

/** A refused request, as plain data that can be stored. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** By key, in the order they were written. */
export type Outbox = Map<string, Outgoing>;

/** Messages older than this are not sent without the operator's confirmation. */
const OLD_MS = 12 * 60 * 60_000;

/** Restores a stored outbox; old messages wait for the operator to retry or discard them. */
export const restore = (all: readonly (readonly [string, Outgoing])[], now: number): Outbox =>
  new Map(
    all.map(([key, outgoing]) => {
      const isOld = now - outgoing.at > OLD_MS && !outgoing.refused;
      return [key, isOld ? { ...outgoing, refused: OUTDATED } : outgoing];
    }),
  );

const OUTDATED: Refusal = { code: "outdated", message: "written more than 12 hours ago", details: {} };

export const ofSession = (outbox: ReadonlyMap<string, Outgoing>, session: Id): Outgoing[] =>
  [...outbox.values()].filter((outgoing) => outgoing.session === session);

/** The next message of each session; one at a time keeps them in order. */
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

/** Removes the message that a feed event confirms. */
export function confirm(outbox: Outbox, { data }: FeedEvent): void {
  // Matched by command id only: another client of the same user may send the same text.
  if (data.commandId) outbox.delete(data.commandId);
}
