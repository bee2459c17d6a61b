/** Sessions: what lists and events say of them, put together. */
import type {
  FeedEvent,
  Id,
  LastMessage,
  Message,
  Position,
  Session,
  ShortSession,
} from "../api/types";

/** A session, and the last event that told of it: 0 when only lists did. */
export interface Known extends Session {
  at: Position;
}

export type Sessions = Map<string, Known>;

/**
 * Takes over what a list or an answer says, which was asked for when everything up to `asOf` was
 * known. What an event told since is newer, or will be told again.
 */
export function takeOver(sessions: Sessions, listed: readonly Session[], asOf: Position): void {
  for (const session of listed) {
    const at = sessions.get(session.id)?.at ?? 0;
    if (at <= asOf) sessions.set(session.id, { ...session, at });
  }
}

/** Folds an event in. Answers whether it was about a session that is not known. */
export function fold(sessions: Sessions, name: string, event: FeedEvent): "known" | "unknown" {
  const { session, message } = event.data;
  if (!session) return "known";
  if (isWhole(session)) {
    sessions.set(session.id, { ...session, at: event.position });
    return "known";
  }
  const known = sessions.get(session.id);
  if (!known) return "unknown";
  const { status, operator, unread } = session;
  const words = typeof message === "object" ? spoken(known, name, message, event) : {};
  sessions.set(session.id, { ...known, status, operator, unread, ...words, at: event.position });
  return "known";
}

const isWhole = (session: Session | ShortSession): session is Session => "openedAt" in session;

/** What a message changes about the session's row in a list. */
function spoken(known: Known, name: string, message: Message, event: FeedEvent): Partial<Session> {
  switch (name) {
    case "message-received":
      return { lastMessage: short(message), waitingSince: known.waitingSince ?? event.time };
    case "message-sent":
      return { lastMessage: short(message), waitingSince: undefined };
    case "message-edited":
    case "message-deleted":
      return known.lastMessage?.id === message.id ? { lastMessage: short(message) } : {};
    default:
      return {};
  }
}

const short = (message: Message): LastMessage => {
  const { id, direction, author, text, createdAt, deleted } = message;
  return { id, direction, author, text, createdAt, deleted };
};

/** What a session says of a person who was forgotten is gone. */
export function forget(sessions: Sessions, contact: Id): void {
  for (const [id, session] of sessions) {
    if (session.contact !== contact) continue;
    const { lastMessage } = session;
    const last = lastMessage && { ...lastMessage, text: undefined };
    sessions.set(id, { ...session, chatName: undefined, lastMessage: last });
  }
}

/** When something last happened in a session, for sorting. */
export const lastActivity = (session: Session) =>
  session.lastMessage?.createdAt ?? session.openedAt;
