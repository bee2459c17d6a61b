/** The rows of a thread: messages in groups, with dividers for days and sessions. */
import type { Id, Message } from "../api/types";
import type { Outgoing } from "./outbox";

/** Messages of one author within this time form a group. */
const GROUP_MS = 5 * 60_000;

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "session"; key: string; at: number; isCurrent: boolean; message: Message | null }
  | { kind: "system"; key: string; message: Message }
  | { kind: "message"; key: string; message: Message; isFirst: boolean; isLast: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing };

export const timeOf = ({ createdAt, acceptedAt }: Message) =>
  Date.parse(createdAt ?? acceptedAt ?? "1970-01-01T00:00:00Z");

const dayOf = (at: number) => new Date(at).toDateString();

/**
 * Sorts by session and then by `createdAt`, which is earlier than the log position for messages that
 * a messenger kept while it was disconnected. The sort is stable: equal times keep the log's order.
 */
function sortByTime(messages: readonly Message[]): Message[] {
  const order = new Map<Id, number>();
  for (const { session } of messages) if (!order.has(session)) order.set(session, order.size);
  const keyed = messages.map((message) => ({
    message,
    order: order.get(message.session) ?? 0,
    at: message.event === "session-opened" ? -Infinity : timeOf(message),
  }));
  return keyed.sort((a, b) => a.order - b.order || a.at - b.at).map(({ message }) => message);
}

export function rows(
  log: readonly Message[],
  session: Id,
  outgoing: readonly Outgoing[],
): Row[] {
  const messages = sortByTime(log);
  const found: Row[] = [];
  let before: Message | undefined;
  for (const [i, message] of messages.entries()) {
    const at = timeOf(message);
    const startsSession = before ? before.session !== message.session : message.session !== session;
    // At the start of a session, its "opened" event is the divider.
    const opens = startsSession && message.event === "session-opened";
    if (!before || dayOf(timeOf(before)) !== dayOf(at))
      found.push({ kind: "day", key: `d ${message.id}`, at });
    if (startsSession) {
      const [key, isCurrent] = [`s ${message.id}`, message.session === session];
      found.push({ kind: "session", key, at, isCurrent, message: opens ? message : null });
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
