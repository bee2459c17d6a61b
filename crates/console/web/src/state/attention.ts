/** Which sessions alert this operator until they are seen. */
import type { FeedEvent, Id, Me, Session } from "../api/types";
import type { Desk } from "./tables";
import { isInView } from "./views";

export type AlertingSessions = ReadonlySet<Id>;

/** Returns the session that an event alerts for, or null. */
export function alertingSession(desk: Desk, me: Me, event: FeedEvent): Id | null {
  const { session, by } = event.data;
  if (!session || by === me.id || session.status === "closed") return null;
  // Supervisors see every live chat; they are alerted only in those they are members of.
  const isMember = desk.liveChats.get(session.liveChat)?.members.includes(me.id);
  const isMine = session.operator === me.id;
  const isQueued = session.status === "queued" && isMember;
  const name = event.type.slice(event.type.indexOf(".") + 1);
  switch (name) {
    case "message-received":
    case "session-opened":
    case "session-transferred":
      return isMine || isQueued ? session.id : null;
    default:
      return null;
  }
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
