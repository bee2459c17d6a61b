/** Who writes or looks right now. Nothing of it is stored anywhere, and all of it runs out. */
import type { Id, Signal, UserId } from "../api/types";

export type SignalKind = "typing" | "viewing";

/** For how long a signal holds, by the clock of this machine: the broker's may differ. */
const HOLDS_MS: Record<SignalKind, number> = { typing: 6_000, viewing: 60_000 };

export interface Here {
  readonly kind: SignalKind;
  readonly session: Id;
  readonly user?: UserId;
  readonly contact?: Id;
  /** When it runs out. */
  readonly until: number;
}

/** By kind, session and who. */
export type Presence = Map<string, Here>;

/** A colleague looks at one session at a time: a new one ends the one before. */
export function heard(
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
  presence.set(key, { kind, session, user, contact, until: now + HOLDS_MS[kind] });
}

/** Somebody has written what they were typing. */
export function wrote(presence: Presence, session: Id, who: string): void {
  presence.delete(`typing ${session} ${who}`);
}

export const anyExpired = (presence: ReadonlyMap<string, Here>, now: number) =>
  [...presence.values()].some((here) => here.until <= now);

export function expire(presence: Presence, now: number): void {
  for (const [key, here] of presence) if (here.until <= now) presence.delete(key);
}

/** Everybody else who is here, by session. */
export function bySession(presence: ReadonlyMap<string, Here>, me: UserId): Map<Id, Here[]> {
  const found = new Map<Id, Here[]>();
  for (const here of presence.values()) {
    if (here.user === me) continue;
    const others = found.get(here.session);
    if (others) others.push(here);
    else found.set(here.session, [here]);
  }
  return found;
}
