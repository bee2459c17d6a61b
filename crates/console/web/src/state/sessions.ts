/** Sessions, merged from lists and events. */
import type {
  FeedEvent,
  Id,
  LastMessage,
  Message,
  Position,
  Session,
  ShortSession,
} from "../api/types";

export interface KnownSession extends Session {
  /** Position of the last event of the session; 0 if it came from lists only. */
  lastEvent: Position;
}

export type Sessions = Map<string, KnownSession>;

/**
 * Merges sessions from a response that was requested when events up to `asOf` had been received.
 * Sessions with a later event are newer than the response and stay.
 */
export function merge(sessions: Sessions, listed: readonly Session[], asOf: Position): void {
  for (const session of listed) {
    const lastEvent = sessions.get(session.id)?.lastEvent ?? 0;
    if (lastEvent <= asOf) sessions.set(session.id, { ...session, lastEvent });
  }
}

/** Applies an event. Returns "unknown" if it updates a session that is not loaded. */
export function apply(sessions: Sessions, name: string, event: FeedEvent): "known" | "unknown" {
  const { session, message } = event.data;
  if (!session) return "known";
  if (isComplete(session)) {
    sessions.set(session.id, { ...session, lastEvent: event.position });
    return "known";
  }
  const known = sessions.get(session.id);
  if (!known) return "unknown";
  const { status, operator, group = known.group, unread, failed } = session;
  const change = typeof message === "object" ? messageChange(known, name, message, event) : {};
  const now = { status, operator, unread, failed, ...(group && { group }), ...change };
  sessions.set(session.id, { ...known, ...now, lastEvent: event.position });
  return "known";
}

const isComplete = (session: Session | ShortSession): session is Session => "openedAt" in session;

/** How a message changes the session's row in a list. */
function messageChange(
  known: KnownSession,
  name: string,
  message: Message,
  event: FeedEvent,
): Partial<Session> {
  switch (name) {
    case "message-received":
      return { lastMessage: summary(message), waitingSince: known.waitingSince ?? event.time };
    case "message-sent":
      return { lastMessage: summary(message), waitingSince: undefined };
    case "message-edited":
    case "message-deleted":
      return known.lastMessage?.id === message.id ? { lastMessage: summary(message) } : {};
    default:
      return {};
  }
}

const summary = (message: Message): LastMessage => {
  const { id, direction, author, text, createdAt, acceptedAt, deleted } = message;
  return { id, direction, author, text, createdAt, acceptedAt, deleted };
};

/** Removes an erased contact's data from their sessions. */
export function erase(sessions: Sessions, contact: Id): void {
  for (const [id, session] of sessions) {
    if (session.contact !== contact) continue;
    const { lastMessage } = session;
    const last = lastMessage && { ...lastMessage, text: undefined };
    sessions.set(id, { ...session, chatName: undefined, lastMessage: last });
  }
}

export const lastActivity = ({ lastMessage, openedAt }: Session) =>
  lastMessage?.acceptedAt ?? lastMessage?.createdAt ?? openedAt;

export const isSameChat = (a: Session, b: Session) =>
  a.channel === b.channel && a.externalChatId === b.externalChatId;

/** Those whose history includes the session: a session of its chat was opened for them. */
export function peopleOf(all: ReadonlyMap<Id, Session>, session: Session): ReadonlySet<Id> {
  const people = new Set<Id>();
  for (const one of all.values()) if (isSameChat(one, session)) people.add(one.contact);
  return people;
}

/** The position after everything that a closed session's history includes. */
export const endOf = ({ status, lastEvent, position = 0 }: KnownSession): Position | undefined =>
  status === "closed" ? Math.max(lastEvent, position) + 1 : undefined;
