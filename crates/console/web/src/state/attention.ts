/** Which sessions alert this operator until they are seen. */
import type { Delivery, FeedEvent, Id, Me, Session } from "../api/types";
import type { Desk } from "./tables";
import { isInView } from "./views";

export type AlertingSessions = ReadonlySet<Id>;

/** Returns the session that an event alerts for, or null. */
export function alertingSession(desk: Desk, me: Me, event: FeedEvent): Id | null {
  const { session, by, delivery, reason } = event.data;
  if (!session) return null;
  // Also of a session that was closed meanwhile: the contact never got the message.
  if (delivery) return isFailed(delivery) && session.operator === me.id ? session.id : null;
  if (session.status === "closed") return null;
  // A session that returns to the queue for a reason is a side effect of what this user did.
  if (by === me.id && !reason) return null;
  // Supervisors see every live chat; they are alerted only in those they are members of.
  const isMember = desk.liveChats.get(session.liveChat)?.members.includes(me.id);
  const isMine = session.operator === me.id;
  const isQueued = session.status === "queued" && isMember;
  const name = event.type.slice(event.type.indexOf(".") + 1);
  switch (name) {
    case "message-received":
    case "session-opened":
    case "session-reopened":
    case "session-transferred":
      return isMine || isQueued ? session.id : null;
    default:
      return null;
  }
}

export const isFailed = ({ state }: Delivery) => state === "failed" || state === "expired";

/** Returns the message that an event deletes, or null. */
export function deletedMessage({ type, data: { message } }: FeedEvent): Id | null {
  const isDeletion = type.endsWith(".message-deleted") && typeof message === "object";
  return isDeletion ? message.id : null;
}

/** Drops sessions that were taken by others, closed, or are visible now. */
export function stillAlerting(
  desk: Desk,
  me: Me,
  alerting: AlertingSessions,
  visible: Id | null,
): AlertingSessions {
  const left = [...alerting].filter((id) => {
    const session = desk.sessions.get(id);
    if (!session || id === visible) return false;
    return isInView("queue", me, session) || isInView("mine", me, session);
  });
  return left.length === alerting.size ? alerting : new Set(left);
}

/**
 * This operator's sessions with unread messages, and sessions in the queue that wait since the
 * connection was lost; null after the first connection.
 */
export function missed(desk: Desk, me: Me, lostAt: number | null): AlertingSessions {
  const isMissed = (session: Session) => {
    if (isInView("mine", me, session)) return session.unread > 0;
    const isMember = desk.liveChats.get(session.liveChat)?.members.includes(me.id);
    if (lostAt === null || !isMember || !isInView("queue", me, session)) return false;
    return Date.parse(session.waitingSince ?? session.openedAt) >= lostAt;
  };
  return new Set([...desk.sessions.values()].filter(isMissed).map(({ id }) => id));
}

/** This operator's open sessions, with the number of messages that failed. */
export const failedMine = (desk: Desk, me: Me): ReadonlyMap<Id, number> =>
  new Map(
    [...desk.sessions.values()]
      .filter((session) => session.failed && isInView("mine", me, session))
      .map(({ id, failed = 0 }) => [id, failed]),
  );

/** The sessions in which more messages have failed than before. */
export const newlyFailed = (
  before: ReadonlyMap<Id, number>,
  now: ReadonlyMap<Id, number>,
): AlertingSessions =>
  new Set([...now].filter(([id, n]) => n > (before.get(id) ?? 0)).map(([id]) => id));
