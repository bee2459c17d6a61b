/**
 * How far the feed was received. Core NATS may drop messages, so each event names the previous event
 * of its live chat, which makes a gap visible.
 */
import type { FeedEvent, Id, Position } from "../api/types";

export interface Progress {
  /** Everything up to here was received, for all live chats. */
  readonly base: Position;
  /** The last event of each live chat after `base`. */
  readonly chains: ReadonlyMap<Id, Position>;
}

export const START: Progress = { base: 0, chains: new Map() };

/** Everything up to a position was received by a catch-up. */
export const caughtUp = (progress: Progress, base: Position): Progress => ({
  base: Math.max(progress.base, base),
  chains: new Map([...progress.chains].filter(([, at]) => at > base)),
});

const positionOf = ({ base, chains }: Progress, liveChat: Id) =>
  Math.max(base, chains.get(liveChat) ?? 0);

/** Whether an event was received before, is the next one, or comes after missing ones. */
export function classify(progress: Progress, event: FeedEvent): "old" | "next" | "gap" {
  const at = positionOf(progress, event.livechat ?? "");
  if (event.position <= at) return "old";
  return (event.previous ?? 0) <= at ? "next" : "gap";
}

export const advance = (progress: Progress, event: FeedEvent): Progress => ({
  ...progress,
  chains: new Map(progress.chains).set(event.livechat ?? "", event.position),
});

/** The position of the newest event. */
export const head = ({ base, chains }: Progress): Position => Math.max(base, ...chains.values());
