/**
 * Everything that the page knows: a reducer over feed events, responses and the user's actions.
 * {@link reduce} is pure and does not change the desk it is given.
 */
import type { Written } from "../api/messages";
import type { HistoryPage } from "../api/sessions";
import type * as api from "../api/types";
import type { FeedEvent, Id, Me, Position, UserId } from "../api/types";
import * as drafts from "./drafts";
import * as outbox from "./outbox";
import * as presence from "./presence";
import * as progress from "./progress";
import { canSupervise } from "./rights";
import * as sessions from "./sessions";
import { DeskDraft, EMPTY } from "./tables";
import type { Desk } from "./tables";
import * as threads from "./threads";

export { EMPTY } from "./tables";
export type { Desk } from "./tables";

type ThreadAction =
  | { kind: "thread-opened"; session: Id; contact: Id }
  | { kind: "history-requested"; session: Id }
  | { kind: "history-loaded"; session: Id; page: HistoryPage }
  | { kind: "history-failed"; session: Id };

type OutboxAction =
  | { kind: "message-composed"; outgoing: outbox.Outgoing }
  | { kind: "message-sent"; key: string; written: Written }
  | { kind: "message-refused"; key: string; refusal: outbox.Refusal }
  | { kind: "message-retried"; key: string }
  | { kind: "message-discarded"; key: string };

type SessionsListed = {
  kind: "sessions-listed";
  sessions: api.Session[];
  contacts: api.Contact[];
  asOf: Position;
};

export type Action =
  | ThreadAction
  | OutboxAction
  | SessionsListed
  | { kind: "me"; me: Me }
  | { kind: "reset" }
  | { kind: "workspace"; liveChats: api.LiveChat[]; people: api.Person[]; channels: api.Channel[] }
  | { kind: "all-listed" }
  | { kind: "session-requested"; session: Id }
  | { kind: "contact-requested"; contact: Id }
  | { kind: "contact"; contact: api.Contact }
  | { kind: "event"; event: FeedEvent }
  | { kind: "caught-up"; position: Position }
  | { kind: "signal"; signal: presence.SignalKind; details: api.Signal; now: number }
  | { kind: "tick"; now: number }
  | { kind: "draft-changed"; session: Id; draft: drafts.Draft };

/** Threads kept in memory; the one that was opened longest ago is dropped beyond this. */
const THREADS_MAX = 16;
/** Sessions kept in memory; the oldest closed ones are dropped beyond this. */
const SESSIONS_MAX = 20_000;
/** Contacts kept in memory; beyond this, those without a session in memory are dropped. */
const CONTACTS_MAX = 25_000;
/** Events held back by a gap; the catch-up loads the ones beyond this. */
const HELD_MAX = 1_000;

/** Applies actions in order and returns the new desk. */
export function reduce(desk: Desk, actions: Iterable<Action>): Desk {
  const draft = new DeskDraft(desk);
  for (const action of actions) apply(draft, action);
  if (draft.desk.sessions.size > SESSIONS_MAX) pruneSessions(draft.write("sessions"));
  if (draft.desk.contacts.size > CONTACTS_MAX) pruneContacts(draft);
  return draft.finish();
}

function apply(draft: DeskDraft, action: Action): void {
  switch (action.kind) {
    case "me":
      draft.desk.me = action.me;
      replaceTable(draft.write("liveChats"), action.me.liveChats);
      return removeLostLiveChats(draft);
    case "reset":
      return reset(draft);
    case "workspace":
      replaceTable(draft.write("liveChats"), action.liveChats);
      replaceTable(draft.write("people"), action.people);
      replaceTable(draft.write("channels"), action.channels);
      return;
    case "sessions-listed":
      return mergeListed(draft, action);
    case "all-listed":
      draft.desk.isListed = true;
      return;
    case "session-requested":
      if (draft.desk.missing.has(action.session)) draft.write("missing").delete(action.session);
      return;
    case "contact-requested":
      draft.write("missingContacts").delete(action.contact);
      return;
    case "contact":
      return setContact(draft, action.contact);
    case "event":
      return receive(draft, action.event);
    case "caught-up":
      return caughtUp(draft, action.position);
    case "signal":
      presence.apply(draft.write("presence"), action.signal, action.details, action.now);
      return needContact(draft, action.details.contact);
    case "tick":
      if (presence.anyExpired(draft.desk.presence, action.now))
        presence.expire(draft.write("presence"), action.now);
      return;
    case "draft-changed":
      drafts.keep(draft.write("drafts"), action.session, action.draft);
      return;
    case "thread-opened":
    case "history-requested":
    case "history-loaded":
    case "history-failed":
      return applyToThread(draft, action);
    default:
      return applyToOutbox(draft, action);
  }
}

function applyToThread(draft: DeskDraft, action: ThreadAction): void {
  const all = draft.write("threads");
  const thread = all.get(action.session);
  if (action.kind === "thread-opened") {
    // Deleted and set again, it becomes the newest entry of the map.
    all.delete(action.session);
    const session = draft.desk.sessions.get(action.session);
    const end = session && sessions.endOf(session);
    all.set(action.session, thread ?? threads.opened(action.session, action.contact, end));
    const [oldest] = all.keys();
    if (all.size > THREADS_MAX && oldest) all.delete(oldest);
    return;
  }
  if (!thread) return;
  if (action.kind === "history-requested") all.set(action.session, threads.loading(thread));
  if (action.kind === "history-failed") all.set(action.session, threads.failed(thread));
  if (action.kind === "history-loaded") {
    all.set(action.session, threads.loaded(thread, action.page));
    const contacts = draft.write("contacts");
    // Those on the desk are up to date, and have avatars.
    for (const contact of action.page.contacts ?? [])
      if (!contacts.has(contact.id)) contacts.set(contact.id, contact);
  }
}

function needContact(draft: DeskDraft, contact: Id | undefined): void {
  if (contact && !draft.desk.contacts.has(contact)) draft.write("missingContacts").set(contact, true);
}

function applyToOutbox(draft: DeskDraft, action: OutboxAction): void {
  const box = draft.write("outbox");
  switch (action.kind) {
    case "message-composed":
      box.set(action.outgoing.key, action.outgoing);
      return;
    case "message-sent":
      box.delete(action.key);
      if (action.written.message) addMessage(draft, action.written.message);
      return;
    case "message-refused":
      return outbox.refuse(box, action.key, action.refusal);
    case "message-retried":
      return outbox.refuse(box, action.key, undefined);
    case "message-discarded":
      box.delete(action.key);
  }
}

function addMessage(draft: DeskDraft, message: api.Message): void {
  const thread = draft.desk.threads.get(message.session);
  if (!thread || thread.messages.some(({ id }) => id === message.id)) return;
  draft.write("threads").set(message.session, threads.upsert(thread, message));
}

/** Removes the thread of a session that is opened again: it lacks what the person wrote since. */
function dropEndedThread(draft: DeskDraft, { id, status }: api.ShortSession): void {
  const wasClosed = draft.desk.sessions.get(id)?.status === "closed";
  if (wasClosed && status !== "closed" && draft.desk.threads.has(id))
    draft.write("threads").delete(id);
}

function mergeListed(draft: DeskDraft, action: SessionsListed): void {
  for (const session of action.sessions) dropEndedThread(draft, session);
  sessions.merge(draft.write("sessions"), action.sessions, action.asOf);
  const contacts = draft.write("contacts");
  for (const contact of action.contacts)
    // Lists come without avatars; keep the one that is loaded.
    contacts.set(contact.id, {
      avatar: contact.forgotten ? undefined : contacts.get(contact.id)?.avatar,
      ...contact,
    });
  const missing = draft.write("missing");
  for (const { id } of action.sessions) missing.delete(id);
}

/** Removes the sessions of live chats that the user no longer sees. */
function removeLostLiveChats(draft: DeskDraft): void {
  const { liveChats, sessions: all } = draft.desk;
  const lost = [...all.values()].filter(({ liveChat }) => !liveChats.has(liveChat));
  if (lost.length === 0) return;
  const [kept, open] = [draft.write("sessions"), draft.write("threads")];
  for (const { id } of lost) {
    kept.delete(id);
    open.delete(id);
  }
}

/** Clears the desk, except for drafts and unsent messages. */
function reset({ desk }: DeskDraft): void {
  const { me, outbox: unsent, drafts: unfinished } = desk;
  Object.assign(desk, EMPTY, { me, outbox: unsent, drafts: unfinished });
}

function caughtUp(draft: DeskDraft, position: Position): void {
  draft.desk.progress = progress.caughtUp(draft.desk.progress, position);
  const held = draft.desk.held;
  draft.desk.held = [];
  for (const event of held) receive(draft, event);
}

function receive(draft: DeskDraft, event: FeedEvent): void {
  // Audit events have no live chat and do not belong to the desk.
  if (!event.livechat) return;
  const order = progress.classify(draft.desk.progress, event);
  if (order === "next") applyEvent(draft, event);
  if (order === "gap" && draft.desk.held.length < HELD_MAX)
    draft.desk.held = [...draft.desk.held, event];
}

function applyEvent(draft: DeskDraft, event: FeedEvent): void {
  const { me } = draft.desk;
  draft.desk.progress = progress.advance(draft.desk.progress, event);
  if (!me) return;
  const name = event.type.slice(event.type.indexOf(".") + 1);
  const { contact, channel, session, message, by } = event.data;
  if (contact) setContact(draft, contact);
  if (channel) setChannel(draft.write("channels"), channel);
  if (!session) return;
  dropEndedThread(draft, session);
  const known = sessions.apply(draft.write("sessions"), name, event);
  // Only the broker knows whether the person still waits for the answer to another message.
  const isStale =
    name === "message-deleted" && draft.desk.sessions.get(session.id)?.waitingSince;
  if (isStale || (known === "unknown" && isListedFor(me, session)))
    draft.write("missing").set(session.id, true);
  addToThreads(draft, session.id, name, event);
  if (by === me.id) outbox.confirm(draft.write("outbox"), event);
  if (typeof message !== "object" || !message.author) return;
  presence.stopTyping(draft.write("presence"), session.id, message.author);
  if (message.direction === "inbound") needContact(draft, message.author);
}

/** Applies an event to the thread of its session, and to those of the person's open sessions. */
function addToThreads(draft: DeskDraft, id: Id, name: string, event: FeedEvent): void {
  const { sessions: all, threads: open } = draft.desk;
  const session = open.size > 0 && all.get(id);
  const people = session && sessions.peopleOf(all, session);
  for (const [of, thread] of open) {
    const own = all.get(of);
    if (of === id || (people && own && own.status !== "closed" && people.has(own.contact)))
      draft.write("threads").set(of, threads.apply(thread, name, event));
  }
}

/** Updates a contact. If it was erased, its data is removed from sessions and threads. */
function setContact(draft: DeskDraft, contact: api.Contact): void {
  const before = draft.desk.contacts.get(contact.id);
  draft.write("contacts").set(contact.id, contact);
  if (!contact.forgotten || before?.forgotten) return;
  sessions.erase(draft.write("sessions"), contact.id);
  const all = draft.write("threads");
  for (const [id, thread] of all) all.set(id, threads.erase(thread, contact.id));
}

/** Whether a session belongs to one of the user's lists of open sessions. */
const isListedFor = (me: Me, { status, operator }: { status: string; operator?: UserId }) =>
  status === "queued" || (status === "assigned" && (operator === me.id || canSupervise(me)));

function setChannel(channels: Map<Id, api.Channel>, channel: api.Channel): void {
  if (channel.status === "deleted") {
    channels.delete(channel.id);
    return;
  }
  // The feed hides webhooks that an administrator may have loaded.
  const webhook = channels.get(channel.id)?.webhook ?? channel.webhook;
  channels.set(channel.id, { ...channel, webhook });
}

function replaceTable<Item extends { id: string }>(table: Map<string, Item>, items: Item[]): void {
  table.clear();
  for (const item of items) table.set(item.id, item);
}

function pruneSessions(all: sessions.Sessions): void {
  const closed = [...all.values()].filter(({ status }) => status === "closed");
  closed.sort((a, b) => ((a.closedAt ?? "") < (b.closedAt ?? "") ? -1 : 1));
  for (const { id } of closed.slice(0, all.size - SESSIONS_MAX)) all.delete(id);
}

function pruneContacts(draft: DeskDraft): void {
  const used = new Set([...draft.desk.sessions.values()].map(({ contact }) => contact));
  for (const { messages } of draft.desk.threads.values())
    for (const { author } of messages) if (author) used.add(author);
  const contacts = draft.write("contacts");
  for (const id of contacts.keys()) if (!used.has(id)) contacts.delete(id);
}
