/** What the user may do. The broker enforces it; the page only hides what would be refused. */
import type { Me, Message, Session } from "../api/types";
import { isSameChat } from "./sessions";
import type { Desk } from "./tables";

const isIn = (me: Me, ...groups: Me["groups"]) => groups.some((group) => me.groups.includes(group));

/** Sees every live chat and may act on every session. */
export const canSupervise = (me: Me) => isIn(me, "supervisors", "administrators");

export const canAdminister = (me: Me) => isIn(me, "administrators");

/** May take sessions and write; readers may not. */
export const canOperate = (me: Me) => isIn(me, "operators", "supervisors", "administrators");

export const isMine = (me: Me, session: Session) => session.operator === me.id;

/** May take over a colleague's session. */
export const canTakeOver = (me: Me, session: Session) =>
  session.status === "assigned" && !isMine(me, session) && canSupervise(me);

/** May take the session: anybody from the queue, supervisors also from a colleague. */
export const canTake = (me: Me, session: Session) =>
  (session.status === "queued" && canOperate(me)) || canTakeOver(me, session);

/** May reply in the session. A reply takes a queued one. */
export const canReply = (me: Me, session: Session) =>
  canAct(me, session) || (session.status === "queued" && canOperate(me));

/** May reopen the session. A chat has at most one open session, and not all of them may be loaded. */
export function canReopen(
  me: Me,
  session: Session,
  { sessions, contacts, channels }: Pick<Desk, "sessions" | "contacts" | "channels">,
): boolean {
  if (session.status !== "closed" || !canOperate(me)) return false;
  if (!channels.has(session.channel) || contacts.get(session.contact)?.forgotten) return false;
  for (const one of sessions.values())
    if (one.status !== "closed" && isSameChat(one, session)) return false;
  return true;
}

/** May write in, transfer and close the session. */
export const canAct = (me: Me, session: Session) =>
  session.status !== "closed" && canOperate(me) && (isMine(me, session) || canSupervise(me));

/** May quote the message in the session: only what is in the same chat. Not all may be loaded. */
export function canQuote(
  me: Me,
  session: Session,
  { direction, deleted, session: id }: Message,
  { sessions }: Pick<Desk, "sessions">,
): boolean {
  const of = sessions.get(id);
  const isSaid = direction !== "note" && !deleted;
  return isSaid && canAct(me, session) && (!of || isSameChat(of, session));
}
