/**
 * What was written in a session, and in the sessions before it: pages of history and events, in the
 * order of the log, each line once.
 */
import type { HistoryOf, HistoryPage } from "../api/sessions";
import type { FeedEvent, Id, Message, Position } from "../api/types";

export interface Thread {
  readonly session: Id;
  readonly contact: Id;
  /** Messages and system lines, by position. */
  readonly lines: readonly Message[];
  /** Where history goes on; null when all of it is here. */
  readonly earlier: Earlier | null;
  /** A page of history is being asked for; events wait for it. */
  readonly loading: boolean;
  readonly waiting: readonly NamedEvent[];
}

/** What to ask for next: first the session's own chat, then the person's other chats. */
export interface Earlier {
  readonly of: HistoryOf;
  readonly before?: Position;
}

export interface NamedEvent {
  readonly name: string;
  readonly event: FeedEvent;
}

/** Sessions whose events are lines of the thread. */
const TOLD = new Set([
  "session-opened",
  "session-assigned",
  "session-transferred",
  "session-closed",
]);

export const opened = (session: Id, contact: Id): Thread => ({
  session,
  contact,
  lines: [],
  earlier: { of: { session } },
  loading: false,
  waiting: [],
});

export const loading = (thread: Thread): Thread => ({ ...thread, loading: true });

/** The page could not be had: what waited for it is taken in, and it can be asked for again. */
export const failed = (thread: Thread): Thread => settle({ ...thread, loading: false });

/** Takes a page of history in, which the thread had asked for. */
export function loaded(thread: Thread, page: HistoryPage): Thread {
  const of = thread.earlier?.of ?? { session: thread.session };
  const lines = merge(thread.lines, [...page.messages, ...(page.events ?? [])]);
  return settle({ ...thread, lines, earlier: goesOn(thread, of, page, lines), loading: false });
}

function goesOn(
  { contact }: Thread,
  of: HistoryOf,
  page: HistoryPage,
  lines: readonly Message[],
): Earlier | null {
  if (page.next !== null) return { of, before: page.next };
  if ("contact" in of) return null;
  return { of: { contact }, before: lines[0]?.position };
}

/** Folds an event of the session in, or keeps it until the page that is on its way has come. */
export function fold(thread: Thread, name: string, event: FeedEvent): Thread {
  if (thread.loading) return { ...thread, waiting: [...thread.waiting, { name, event }] };
  return folded(thread, name, event);
}

function settle(thread: Thread): Thread {
  const all = thread.waiting.reduce((so, { name, event }) => folded(so, name, event), thread);
  return { ...all, waiting: [] };
}

function folded(thread: Thread, name: string, event: FeedEvent): Thread {
  const { message, delivery } = event.data;
  if (typeof message === "string" && delivery)
    return changed(thread, message, (line) => ({ ...line, delivery }));
  if (typeof message === "object") return written(thread, message);
  if (TOLD.has(name)) return written(thread, told(name, event));
  return thread;
}

/** A line that is new, or as it is now. */
export function written(thread: Thread, message: Message): Thread {
  // Earlier than what is here: it will come with its page of history.
  const oldest = thread.lines[0]?.position ?? 0;
  if (thread.earlier && message.position < oldest) return thread;
  return { ...thread, lines: merge(thread.lines, [message]) };
}

/** The words of a person who was forgotten are gone, and what was said to them and of them. */
export function forget(thread: Thread, contact: Id): Thread {
  const isGone = ({ author, direction }: Message) =>
    author === contact ||
    (thread.contact === contact && (direction === "outbound" || direction === "note"));
  if (!thread.lines.some(isGone)) return thread;
  const bare = { text: undefined, files: [] };
  return {
    ...thread,
    lines: thread.lines.map((line) => (isGone(line) ? { ...line, ...bare } : line)),
  };
}

/** What happened to the session itself, as a line. */
function told(name: string, { subject, time, position, data }: FeedEvent): Message {
  const operator = data.session?.operator;
  const [id, direction] = [`event-${position}`, "system" as const];
  const said = { author: data.by, createdAt: time, position, event: name, operator };
  return { id, session: subject, direction, ...said };
}

function changed(thread: Thread, id: Id, change: (line: Message) => Message): Thread {
  const at = thread.lines.findLastIndex((line) => line.id === id);
  const line = thread.lines[at];
  return line ? { ...thread, lines: thread.lines.with(at, change(line)) } : thread;
}

/** Both, by position; of two with the same id the one that was added. */
function merge(lines: readonly Message[], added: readonly Message[]): readonly Message[] {
  const last = lines.at(-1)?.position ?? 0;
  if (added.every((line, i) => line.position > (added[i - 1]?.position ?? last)))
    return [...lines, ...added];
  const byId = new Map(lines.map((line) => [line.id, line]));
  for (const line of added) byId.set(line.id, line);
  return [...byId.values()].sort((a, b) => a.position - b.position);
}

/** The newest message of the person, which is what reading reaches up to. */
export const lastInbound = (thread: Thread) =>
  thread.lines.findLast(
    (line) => line.direction === "inbound" && line.session === thread.session,
  );
