/**
 * Everything that the operator's page knows, as a fold over what it was told: events of the feed,
 * answers, and what the operator does. Pure: {@link reduce} leaves the desk that it is given.
 */
import type { HistoryPage } from "../api/sessions";
import type { Written } from "../api/messages";
import type * as api from "../api/types";
import type { FeedEvent, Id, Me, Position, UserId } from "../api/types";
import * as drafts from "./drafts";
import * as outbox from "./outbox";
import * as presence from "./presence";
import * as progress from "./progress";
import { supervises } from "./rights";
import * as sessions from "./sessions";
import { Draft, EMPTY } from "./tables";
import type { Desk } from "./tables";
import * as threads from "./threads";

export { EMPTY } from "./tables";
export type { Desk } from "./tables";

export type Input =
  | { kind: "me"; me: Me }
  | { kind: "afresh" }
  | { kind: "house"; liveChats: api.LiveChat[]; people: api.Person[]; channels: api.Channel[] }
  | { kind: "listed"; sessions: api.Session[]; contacts: api.Contact[]; asOf: Position }
  | { kind: "listed-all" }
  | { kind: "asked"; session: Id }
  | { kind: "contact"; contact: api.Contact }
  | { kind: "opened"; session: Id; contact: Id }
  | { kind: "history-asked"; session: Id }
  | { kind: "history"; session: Id; page: HistoryPage }
  | { kind: "history-failed"; session: Id }
  | { kind: "event"; event: FeedEvent }
  | { kind: "reached"; position: Position }
  | { kind: "signal"; signal: presence.SignalKind; about: api.Signal; now: number }
  | { kind: "tick"; now: number }
  | { kind: "drafted"; session: Id; draft: drafts.Draft }
  | { kind: "composed"; outgoing: outbox.Outgoing }
  | { kind: "sent"; key: string; written: Written }
  | { kind: "refused"; key: string; refusal: outbox.Refusal }
  | { kind: "again"; key: string }
  | { kind: "discarded"; key: string };

/** Threads that are kept; the one that was opened longest ago gives way. */
const THREADS_MAX = 16;
/** Sessions that are kept; of those that are closed, the oldest give way. */
const SESSIONS_MAX = 20_000;
/** People that are kept; past it only those of sessions that are. */
const CONTACTS_MAX = 25_000;
/** Events that wait for a catch-up; those past it come with it. */
const HELD_MAX = 1_000;

/** The desk after these inputs, in their order. */
export function reduce(desk: Desk, inputs: Iterable<Input>): Desk {
  const draft = new Draft(desk);
  for (const input of inputs) apply(draft, input);
  if (draft.desk.sessions.size > SESSIONS_MAX) prune(draft.write("sessions"));
  if (draft.desk.contacts.size > CONTACTS_MAX) pruneContacts(draft);
  return draft.done();
}

function apply(draft: Draft, input: Input): void {
  switch (input.kind) {
    case "me":
      draft.desk.me = input.me;
      replace(draft.write("liveChats"), input.me.liveChats);
      return leave(draft);
    case "afresh":
      return afresh(draft);
    case "house":
      replace(draft.write("liveChats"), input.liveChats);
      replace(draft.write("people"), input.people);
      replace(draft.write("channels"), input.channels);
      return;
    case "listed":
      return listed(draft, input);
    case "listed-all":
      draft.desk.listed = true;
      return;
    case "asked":
      if (draft.desk.wanted.has(input.session)) draft.write("wanted").delete(input.session);
      return;
    case "contact":
      return known(draft, input.contact);
    case "event":
      return happened(draft, input.event);
    case "reached":
      return reached(draft, input.position);
    case "signal":
      presence.heard(draft.write("presence"), input.signal, input.about, input.now);
      return;
    case "tick":
      if (presence.anyExpired(draft.desk.presence, input.now))
        presence.expire(draft.write("presence"), input.now);
      return;
    case "drafted":
      drafts.keep(draft.write("drafts"), input.session, input.draft);
      return;
    case "opened":
    case "history-asked":
    case "history":
    case "history-failed":
      return read(draft, input);
    default:
      return write(draft, input);
  }
}

/** What has been read of a session's history. */
function read(draft: Draft, input: Input & { kind: "opened" | `history${string}` }): void {
  const all = draft.write("threads");
  const thread = all.get(input.session);
  if (input.kind === "opened") {
    // Written anew, it is the youngest.
    all.delete(input.session);
    all.set(input.session, thread ?? threads.opened(input.session, input.contact));
    const [oldest] = all.keys();
    if (all.size > THREADS_MAX && oldest) all.delete(oldest);
    return;
  }
  if (!thread) return;
  if (input.kind === "history-asked") all.set(input.session, threads.loading(thread));
  if (input.kind === "history-failed") all.set(input.session, threads.failed(thread));
  if (input.kind === "history") all.set(input.session, threads.loaded(thread, input.page));
}

type WriteInput = Input & { kind: "composed" | "sent" | "refused" | "again" | "discarded" };

/** What the operator has written, on its way. */
function write(draft: Draft, input: WriteInput): void {
  const box = draft.write("outbox");
  switch (input.kind) {
    case "composed":
      box.set(input.outgoing.key, input.outgoing);
      return;
    case "sent":
      box.delete(input.key);
      if (input.written.message) change(draft, input.written.message);
      return;
    case "refused":
      return outbox.refuse(box, input.key, input.refusal);
    case "again":
      return outbox.refuse(box, input.key, undefined);
    case "discarded":
      box.delete(input.key);
  }
}

function change(draft: Draft, message: threads.Thread["lines"][number]): void {
  const thread = draft.desk.threads.get(message.session);
  if (!thread || thread.lines.some((line) => line.id === message.id)) return;
  draft.write("threads").set(message.session, threads.written(thread, message));
}

function listed(draft: Draft, input: Input & { kind: "listed" }): void {
  sessions.takeOver(draft.write("sessions"), input.sessions, input.asOf);
  const contacts = draft.write("contacts");
  for (const contact of input.contacts)
    // Lists leave the picture out; who has it already keeps it.
    contacts.set(contact.id, {
      avatar: contact.forgotten ? undefined : contacts.get(contact.id)?.avatar,
      ...contact,
    });
  const wanted = draft.write("wanted");
  for (const { id } of input.sessions) wanted.delete(id);
}

/** What is of live chats that one does not see any more is gone from the desk. */
function leave(draft: Draft): void {
  const { liveChats, sessions: all } = draft.desk;
  const lost = [...all.values()].filter(({ liveChat }) => !liveChats.has(liveChat));
  if (lost.length === 0) return;
  const [left, read] = [draft.write("sessions"), draft.write("threads")];
  for (const { id } of lost) {
    left.delete(id);
    read.delete(id);
  }
}

/** Too much was missed to go through it: only what the operator wrote and is writing stays. */
function afresh({ desk }: Draft): void {
  const { me, outbox: box, drafts: kept } = desk;
  Object.assign(desk, EMPTY, { me, outbox: box, drafts: kept });
}

function reached(draft: Draft, position: Position): void {
  draft.desk.progress = progress.reached(draft.desk.progress, position);
  const held = draft.desk.held;
  draft.desk.held = [];
  for (const event of held) happened(draft, event);
}

function happened(draft: Draft, event: FeedEvent): void {
  // The audit trail is not the desk's.
  if (!event.livechat) return;
  const verdict = progress.judge(draft.desk.progress, event);
  if (verdict === "next") fold(draft, event);
  if (verdict === "gap" && draft.desk.held.length < HELD_MAX)
    draft.desk.held = [...draft.desk.held, event];
}

function fold(draft: Draft, event: FeedEvent): void {
  const { me } = draft.desk;
  draft.desk.progress = progress.seen(draft.desk.progress, event);
  if (!me) return;
  const name = event.type.slice(event.type.indexOf(".") + 1);
  const { contact, channel, session, message, by } = event.data;
  if (contact) known(draft, contact);
  if (channel) told(draft.write("channels"), channel);
  if (!session) return;
  if (sessions.fold(draft.write("sessions"), name, event) === "unknown" && isOurs(me, session))
    draft.write("wanted").set(session.id, true);
  const thread = draft.desk.threads.get(session.id);
  if (thread) draft.write("threads").set(session.id, threads.fold(thread, name, event));
  if (by === me.id) outbox.confirm(draft.write("outbox"), event);
  if (typeof message === "object" && message.author)
    presence.wrote(draft.write("presence"), session.id, message.author);
}

/** Of a person who was forgotten nothing is kept here either. */
function known(draft: Draft, contact: api.Contact): void {
  const was = draft.desk.contacts.get(contact.id);
  draft.write("contacts").set(contact.id, contact);
  if (!contact.forgotten || was?.forgotten) return;
  sessions.forget(draft.write("sessions"), contact.id);
  const all = draft.write("threads");
  for (const [id, thread] of all) all.set(id, threads.forget(thread, contact.id));
}

/** Whether one should see a session in a list. */
const isOurs = (me: Me, { status, operator }: { status: string; operator?: UserId }) =>
  status === "queued" || (status === "assigned" && (operator === me.id || supervises(me)));

function told(channels: Map<Id, api.Channel>, channel: api.Channel): void {
  if (channel.status === "deleted") {
    channels.delete(channel.id);
    return;
  }
  // The feed shows less of a channel than an administrator may have been told.
  const webhook = channels.get(channel.id)?.webhook ?? channel.webhook;
  channels.set(channel.id, { ...channel, webhook });
}

function replace<Item extends { id: string }>(table: Map<string, Item>, items: Item[]): void {
  table.clear();
  for (const item of items) table.set(item.id, item);
}

function prune(all: sessions.Sessions): void {
  const closed = [...all.values()].filter(({ status }) => status === "closed");
  closed.sort((a, b) => ((a.closedAt ?? "") < (b.closedAt ?? "") ? -1 : 1));
  for (const { id } of closed.slice(0, all.size - SESSIONS_MAX)) all.delete(id);
}

function pruneContacts(draft: Draft): void {
  const met = new Set([...draft.desk.sessions.values()].map(({ contact }) => contact));
  const contacts = draft.write("contacts");
  for (const id of contacts.keys()) if (!met.has(id)) contacts.delete(id);
}
