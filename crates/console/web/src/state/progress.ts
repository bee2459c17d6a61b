/**
 * How far the feed is known. Core NATS may lose messages; each event therefore names the event
 * before it on the same live chat, and a gap in that chain is noticed at once.
 */
import type { FeedEvent, Id, Position } from "../api/types";

export interface Progress {
  /** Everything up to here is known, whatever live chat it is on. */
  readonly base: Position;
  /** The last event of each live chat since then. */
  readonly chains: ReadonlyMap<Id, Position>;
}

export const start: Progress = { base: 0, chains: new Map() };

/** Everything up to a position is known, as the answer of a catch-up says. */
export const reached = (progress: Progress, base: Position): Progress => ({
  base: Math.max(progress.base, base),
  chains: new Map([...progress.chains].filter(([, at]) => at > base)),
});

const known = ({ base, chains }: Progress, liveChat: Id) =>
  Math.max(base, chains.get(liveChat) ?? 0);

/** What an event is to us: seen before, the next one, or one before which others are missing. */
export function judge(progress: Progress, event: FeedEvent): "old" | "next" | "gap" {
  const at = known(progress, event.livechat ?? "");
  if (event.position <= at) return "old";
  return (event.previous ?? 0) <= at ? "next" : "gap";
}

export const seen = (progress: Progress, event: FeedEvent): Progress => ({
  ...progress,
  chains: new Map(progress.chains).set(event.livechat ?? "", event.position),
});

/** The newest event that is known, for people to read. */
export const head = ({ base, chains }: Progress): Position => Math.max(base, ...chains.values());
