/** The rows of a thread: messages in groups, with dividers for days and sessions. */
import type { Id, Message } from "../api/types";
import type { Outgoing } from "./outbox";

/** Messages of one author within this time form a group. */
const GROUP_MS = 5 * 60_000;
/** A message that was accepted within this time of when it was written is shown with one time. */
const WRITTEN_TOLERANCE_MS = 60_000;

/** Whether a session is the one of the thread, began before it, or began since. */
export type SessionPlace = "this" | "earlier" | "other";

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "session"; key: string; at: number; session: SessionPlace; message: Message | null }
  | { kind: "system"; key: string; message: Message }
  | { kind: "message"; key: string; message: Message; isFirst: boolean; isLast: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing };

/** When the broker accepted a message, which is the order of the log. */
export const timeOf = ({ createdAt, acceptedAt }: Message) =>
  Date.parse(acceptedAt ?? createdAt ?? "1970-01-01T00:00:00Z");

/** When a message was written, if that is not about when it was accepted. */
export function writtenAt(message: Message): number | null {
  const at = Date.parse(message.createdAt ?? "");
  return Math.abs(at - timeOf(message)) > WRITTEN_TOLERANCE_MS ? at : null;
}

const dayOf = (at: number) => new Date(at).toDateString();

/** The rows of messages in the order of the log. */
export function rows(
  messages: readonly Message[],
  session: Id,
  outgoing: readonly Outgoing[],
): Row[] {
  const found: Row[] = [];
  let before: Message | undefined;
  /** Whether the thread's session has begun. */
  let isAfter = messages[0]?.session === session;
  for (const [i, message] of messages.entries()) {
    const at = timeOf(message);
    const startsSession = before ? before.session !== message.session : message.session !== session;
    // At the start of a session, its "opened" event is the divider.
    const opens = startsSession && message.event === "session-opened";
    if (!before || dayOf(timeOf(before)) !== dayOf(at))
      found.push({ kind: "day", key: `d ${message.id}`, at });
    if (startsSession) {
      isAfter ||= message.session === session;
      const place = message.session === session ? "this" : isAfter ? "other" : "earlier";
      const key = `s ${message.id}`;
      found.push({ kind: "session", key, at, session: place, message: opens ? message : null });
    }
    const isFirst = startsSession || !before || !isSameGroup(before, message);
    const after = messages[i + 1];
    const isLast = !after || !isSameGroup(message, after);
    before = message;
    if (opens) continue;
    if (message.direction === "system") found.push({ kind: "system", key: message.id, message });
    else found.push({ kind: "message", key: message.id, message, isFirst, isLast });
  }
  for (const one of outgoing) found.push({ kind: "outgoing", key: one.key, outgoing: one });
  return found;
}

const isSameGroup = (a: Message, b: Message) =>
  a.session === b.session &&
  a.direction === b.direction &&
  a.author === b.author &&
  Math.abs(timeOf(b) - timeOf(a)) < GROUP_MS &&
  dayOf(timeOf(a)) === dayOf(timeOf(b));
