/** Who is typing or viewing right now. Entries expire and are not stored. */
import type { Id, Signal, UserId } from "../api/types";

export type SignalKind = "typing" | "viewing";

/** How long a signal is valid, by the local clock: the broker's clock may differ. */
const VALID_MS: Record<SignalKind, number> = { typing: 6_000, viewing: 60_000 };

export interface PresenceEntry {
  readonly kind: SignalKind;
  readonly session: Id;
  readonly user?: UserId;
  readonly contact?: Id;
  readonly until: number;
}

/** By kind, session and user or contact. */
export type Presence = Map<string, PresenceEntry>;

/** Applies a signal. A colleague views one session at a time. */
export function apply(
  presence: Presence,
  kind: SignalKind,
  { session, user, contact, ended }: Signal,
  now: number,
): void {
  const who = user ?? contact ?? "";
  const key = kind === "viewing" ? `${kind} ${who}` : `${kind} ${session} ${who}`;
  if (ended) {
    if (presence.get(key)?.session === session) presence.delete(key);
    return;
  }
  presence.set(key, { kind, session, user, contact, until: now + VALID_MS[kind] });
}

/** Ends typing: the message has arrived. */
export function stopTyping(presence: Presence, session: Id, who: string): void {
  presence.delete(`typing ${session} ${who}`);
}

export const anyExpired = (presence: ReadonlyMap<string, PresenceEntry>, now: number) =>
  [...presence.values()].some(({ until }) => until <= now);

export function expire(presence: Presence, now: number): void {
  for (const [key, { until }] of presence) if (until <= now) presence.delete(key);
}

/** Presence of everybody else, by session. */
export function bySession(presence: ReadonlyMap<string, PresenceEntry>, me: UserId): Map<Id, PresenceEntry[]> {
  const found = new Map<Id, PresenceEntry[]>();
  for (const entry of presence.values()) {
    if (entry.user === me) continue;
    const others = found.get(entry.session);
    if (others) others.push(entry);
    else found.set(entry.session, [entry]);
  }
  return found;
}
