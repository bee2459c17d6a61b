/** The lists: which sessions a view has, in which order, and what they add up to. */
import type { Contact, Id, Me, Session, ViewName } from "../api/types";
import { lastActivity } from "./sessions";

export interface Filter {
  readonly liveChat: Id | null;
  /** As it was typed. */
  readonly text: string;
}

export const NO_FILTER: Filter = { liveChat: null, text: "" };

export function belongs(view: ViewName, me: Me, session: Session): boolean {
  switch (view) {
    case "queue":
      return session.status === "queued";
    case "mine":
      return session.status === "assigned" && session.operator === me.id;
    case "active":
      return session.status === "assigned";
    case "closed":
      return session.status === "closed";
  }
}

/** Longest waiting first; those that wait for nobody after them, the newest first. */
function byWaiting(a: Session, b: Session): number {
  if (a.waitingSince && b.waitingSince) return compare(a.waitingSince, b.waitingSince);
  if (a.waitingSince || b.waitingSince) return a.waitingSince ? -1 : 1;
  return byActivity(a, b);
}

const byActivity = (a: Session, b: Session) => compare(lastActivity(b), lastActivity(a));
const byEnd = (a: Session, b: Session) => compare(b.closedAt ?? "", a.closedAt ?? "");

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const ORDER: Record<ViewName, (a: Session, b: Session) => number> = {
  queue: byWaiting,
  mine: byActivity,
  active: byWaiting,
  closed: byEnd,
};

export function list<Row extends Session>(
  sessions: Iterable<Row>,
  view: ViewName,
  me: Me,
  filter: Filter,
  contacts: ReadonlyMap<Id, Contact>,
): Row[] {
  const found = [];
  const text = filter.text.trim().toLowerCase();
  for (const session of sessions)
    if (
      belongs(view, me, session) &&
      (!filter.liveChat || session.liveChat === filter.liveChat) &&
      (!text || mentions(session, contacts.get(session.contact), text))
    )
      found.push(session);
  return found.sort((a, b) => ORDER[view](a, b) || compare(a.id, b.id));
}

/** The same that the broker's own search looks at. */
function mentions(session: Session, contact: Contact | undefined, text: string): boolean {
  const known = [
    session.externalChatId,
    session.chatName,
    session.lastMessage?.text,
    contact?.externalUserId,
    contact?.username,
    contact?.phoneNumber,
  ];
  return known.some((one) => one?.toLowerCase().includes(text));
}

export interface Count {
  readonly sessions: number;
  readonly unread: number;
}

/** How many there are in each view, and how much is unread there. */
export function counts(sessions: Iterable<Session>, me: Me): Record<ViewName, Count> {
  const all = { queue: none(), mine: none(), active: none(), closed: none() };
  for (const session of sessions)
    for (const view of ["queue", "mine", "active"] as const)
      if (belongs(view, me, session)) {
        all[view].sessions += 1;
        all[view].unread += session.unread;
      }
  return all;
}

const none = () => ({ sessions: 0, unread: 0 });
