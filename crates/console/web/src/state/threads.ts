/**
 * The messages of a session and of all others of its contact, merged from pages of history and
 * events, in the order of the log.
 */
import type { HistoryPage } from "../api/sessions";
import type { FeedEvent, Id, Message, Position } from "../api/types";

export interface Thread {
  readonly session: Id;
  readonly contact: Id;
  /** Including system messages, by position. */
  readonly messages: readonly Message[];
  /** The next page of history; null if all of it is loaded. */
  readonly earlier: Earlier | null;
  /** Whether a page of history is being loaded. Events are kept in `pending` meanwhile. */
  readonly loading: boolean;
  readonly pending: readonly NamedEvent[];
}

/** A page to load: the newest one, or the one before a position. */
export interface Earlier {
  readonly before?: Position;
}

export interface NamedEvent {
  readonly name: string;
  readonly event: FeedEvent;
}

/** Events that are shown as system messages. */
const SYSTEM_EVENTS = new Set([
  "session-opened",
  "session-assigned",
  "session-transferred",
  "session-closed",
  "session-reopened",
]);

/** The thread of a session; that of a closed one ends before the position `end`. */
export const opened = (session: Id, contact: Id, end?: Position): Thread => ({
  session,
  contact,
  messages: [],
  earlier: end === undefined ? {} : { before: end },
  loading: false,
  pending: [],
});

export const loading = (thread: Thread): Thread => ({ ...thread, loading: true });

/** The page could not be loaded: applies pending events. */
export const failed = (thread: Thread): Thread => applyPending({ ...thread, loading: false });

/** Adds a page of history. */
export function loaded(thread: Thread, page: HistoryPage): Thread {
  const messages = merge(thread.messages, [...page.messages, ...(page.events ?? [])]);
  const earlier = page.next === null ? null : { before: page.next };
  return applyPending({ ...thread, messages, earlier, loading: false });
}

/** Applies an event of one of its sessions, or keeps it until the page that is being loaded arrives. */
export function apply(thread: Thread, name: string, event: FeedEvent): Thread {
  if (thread.loading) return { ...thread, pending: [...thread.pending, { name, event }] };
  return applyNow(thread, name, event);
}

function applyPending(thread: Thread): Thread {
  const all = thread.pending.reduce((so, { name, event }) => applyNow(so, name, event), thread);
  return { ...all, pending: [] };
}

function applyNow(thread: Thread, name: string, event: FeedEvent): Thread {
  const { message, delivery } = event.data;
  if (typeof message === "string" && delivery)
    return update(thread, message, (sent) => ({ ...sent, delivery }));
  if (typeof message === "object") return upsert(thread, message);
  if (SYSTEM_EVENTS.has(name)) return upsert(thread, systemMessage(name, event));
  return thread;
}

/** Adds or replaces a message. */
export function upsert(thread: Thread, message: Message): Thread {
  // Older than the loaded messages: it will come with its page of history.
  const oldest = thread.messages[0]?.position ?? 0;
  if (thread.earlier && message.position < oldest) return thread;
  return { ...thread, messages: merge(thread.messages, [message]) };
}

/** Removes the text of an erased contact, and what was written to and about them. */
export function erase(thread: Thread, contact: Id): Thread {
  const isErased = ({ author, direction }: Message) =>
    author === contact ||
    (thread.contact === contact && (direction === "outbound" || direction === "note"));
  if (!thread.messages.some(isErased)) return thread;
  const empty = { text: undefined, files: [] };
  return {
    ...thread,
    messages: thread.messages.map((one) => (isErased(one) ? { ...one, ...empty } : one)),
  };
}

/** A session event as a system message. */
function systemMessage(name: string, { subject, time, position, data }: FeedEvent): Message {
  const operator = data.session?.operator;
  const [id, direction] = [`event-${position}`, "system" as const];
  const { by: author, from, reason } = data;
  const fields = { author, createdAt: time, position, event: name, operator, from, reason };
  return { id, session: subject, direction, ...fields };
}

function update(thread: Thread, id: Id, change: (message: Message) => Message): Thread {
  const at = thread.messages.findLastIndex((message) => message.id === id);
  const message = thread.messages[at];
  return message ? { ...thread, messages: thread.messages.with(at, change(message)) } : thread;
}

/** Merges by position; an added message replaces one with the same id. */
function merge(messages: readonly Message[], added: readonly Message[]): readonly Message[] {
  const last = messages.at(-1)?.position ?? 0;
  if (added.every(({ position }, i) => position > (added[i - 1]?.position ?? last)))
    return [...messages, ...added];
  const byId = new Map(messages.map((message) => [message.id, message]));
  for (const message of added) byId.set(message.id, message);
  return [...byId.values()].sort((a, b) => a.position - b.position);
}

/** What operators have not read of the session, and whether all of it is loaded. */
export interface Unread {
  readonly messages: readonly Message[];
  readonly isComplete: boolean;
}

export function unread(thread: Thread, count: number): Unread {
  const inbound = thread.messages.filter(
    ({ direction, session, deleted }) =>
      direction === "inbound" && session === thread.session && !deleted,
  );
  const messages = inbound.slice(Math.max(0, inbound.length - count));
  return { messages, isComplete: messages.length === count || !thread.earlier };
}

/**
 * The last message up to which everything unread was seen: reading a message reads all before it,
 * so none may be left out.
 */
export function seenUpTo({ messages, isComplete }: Unread, seen: ReadonlySet<Id>): Id | undefined {
  if (!isComplete) return undefined;
  const unseen = messages.findIndex(({ id }) => !seen.has(id));
  return unseen === -1 ? messages.at(-1)?.id : messages[unseen - 1]?.id;
}
