/** Which sessions ask for this operator's attention: they ring until they are seen. Pure. */
import type { FeedEvent, Id, Me } from "../api/types";
import type { Desk } from "./tables";
import { belongs } from "./views";

export type Ringing = ReadonlySet<Id>;

/** The session that an event makes ring, if it does. */
export function rings(desk: Desk, me: Me, event: FeedEvent): Id | null {
  const { session, by } = event.data;
  if (!session || by === me.id || session.status === "closed") return null;
  // Supervisors see every live chat, and are called to those that they are members of.
  const isStaffed = desk.liveChats.get(session.liveChat)?.members.includes(me.id);
  const isMine = session.operator === me.id;
  const isQueued = session.status === "queued" && isStaffed;
  const name = event.type.slice(event.type.indexOf(".") + 1);
  switch (name) {
    case "message-received":
      return isMine || isQueued ? session.id : null;
    case "session-opened":
    case "session-transferred":
      return isMine || isQueued ? session.id : null;
    default:
      return null;
  }
}

/** What rings still: not what somebody else has taken, what is closed, or what one looks at. */
export function still(desk: Desk, me: Me, ringing: Ringing, seen: Id | null): Ringing {
  const left = [...ringing].filter((id) => {
    const session = desk.sessions.get(id);
    if (!session || id === seen) return false;
    return belongs("queue", me, session) || belongs("mine", me, session);
  });
  return left.length === ringing.size ? ringing : new Set(left);
}

/** What has come while nobody was told: one's own that are not read. */
export const missed = (desk: Desk, me: Me): Ringing =>
  new Set(
    [...desk.sessions.values()]
      .filter((session) => session.unread > 0 && belongs("mine", me, session))
      .map(({ id }) => id),
  );
