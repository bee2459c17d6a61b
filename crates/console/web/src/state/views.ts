/** The views: their sessions, order and counts. */
import type { Contact, Id, Me, Session, ViewName } from "../api/types";
import { fold } from "../text/search";
import { lastActivity } from "./sessions";

export interface Filter {
  readonly liveChat: Id | null;
  readonly text: string;
  /** Only sessions with messages that failed; not in the view of closed sessions, which are paged. */
  readonly failed: boolean;
}

export const NO_FILTER: Filter = { liveChat: null, text: "", failed: false };

export const isFiltering = ({ liveChat, text, failed }: Filter) =>
  liveChat !== null || failed || text.trim() !== "";

/** How "Mine" is sorted: the longest unanswered first, or by the last activity. */
export type MineOrder = "waiting" | "activity";

export function isInView(view: ViewName, me: Me, session: Session): boolean {
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

/** The longest waiting first, then sessions that are not waiting, by activity. */
function byWaiting(a: Session, b: Session): number {
  if (a.waitingSince && b.waitingSince) return compare(a.waitingSince, b.waitingSince);
  if (a.waitingSince || b.waitingSince) return a.waitingSince ? -1 : 1;
  return byActivity(a, b);
}

const byActivity = (a: Session, b: Session) => compare(lastActivity(b), lastActivity(a));
const byClosing = (a: Session, b: Session) => compare(b.closedAt ?? "", a.closedAt ?? "");

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function order(view: ViewName, mine: MineOrder): (a: Session, b: Session) => number {
  if (view === "closed") return byClosing;
  return view === "mine" && mine === "activity" ? byActivity : byWaiting;
}

export function sessionsInView<Row extends Session>(
  sessions: Iterable<Row>,
  view: ViewName,
  me: Me,
  filter: Filter,
  contacts: ReadonlyMap<Id, Contact>,
  mine: MineOrder = "waiting",
): Row[] {
  const found = [];
  const text = fold(filter.text.trim());
  for (const session of sessions)
    if (
      isInView(view, me, session) &&
      (!filter.failed || view === "closed" || session.failed) &&
      (!filter.liveChat || session.liveChat === filter.liveChat) &&
      (!text || matchesText(session, contacts.get(session.contact), text))
    )
      found.push(session);
  const compareRows = order(view, mine);
  return found.sort((a, b) => compareRows(a, b) || compare(a.id, b.id));
}

/** Searches the same fields as the broker. */
function matchesText(session: Session, contact: Contact | undefined, text: string): boolean {
  const { externalChatId, chatName, lastMessage } = session;
  const ofSession = () => [externalChatId, chatName, lastMessage?.text];
  if (folded(session, ofSession).includes(text)) return true;
  const ofContact = () => [contact?.externalUserId, contact?.username, contact?.phoneNumber];
  return !!contact && folded(contact, ofContact).includes(text);
}

/** The texts of sessions and contacts that were searched: there may be thousands, at every letter. */
const searched = new WeakMap<Session | Contact, string>();

/** The folded texts of an object, which no search for a line finds across. */
function folded(object: Session | Contact, texts: () => (string | undefined)[]): string {
  const known = searched.get(object) ?? fold(texts().join("\n"));
  searched.set(object, known);
  return known;
}

export interface Count {
  readonly sessions: number;
  readonly unread: number;
  /** Sessions with messages that failed. */
  readonly failed: number;
}

/** The number of sessions, unread messages and sessions with failed messages in each view. */
export function counts(sessions: Iterable<Session>, me: Me): Record<ViewName, Count> {
  const all = { queue: zero(), mine: zero(), active: zero(), closed: zero() };
  for (const session of sessions)
    for (const view of ["queue", "mine", "active"] as const)
      if (isInView(view, me, session)) {
        all[view].sessions += 1;
        all[view].unread += session.unread;
        if (session.failed) all[view].failed += 1;
      }
  return all;
}

const zero = () => ({ sessions: 0, unread: 0, failed: 0 });
