import { describe, expect, it } from "vitest";

import type { Contact, FeedEvent, Message, Session } from "../api/types";
import { EMPTY, reduce } from "./desk";
import type { Action, Desk } from "./desk";
import { closedSession, feed, olga } from "./recorded";
import { NO_FILTER, sessionsInView } from "./views";

const event = (one: FeedEvent): Action => ({ kind: "event", event: one });
const events = (all: readonly FeedEvent[]): Action[] => all.map(event);
const first = feed[0]!;
const last = feed.at(-1)!;
const opened = feed.find(({ subject }) => subject === closedSession)!;

/** A desk that received everything before the recording. */
const before = reduce(EMPTY, [
  { kind: "me", me: olga },
  { kind: "caught-up", position: first.previous ?? 0 },
]);

const known = (desk: Desk) => ({
  sessions: [...desk.sessions].sort(),
  contacts: [...desk.contacts].sort(),
  threads: [...desk.threads],
  progress: desk.progress,
});

/** The desk with the session's thread open and its history loaded. */
const reading = reduce(before, [
  { kind: "thread-opened", session: closedSession, contact: "" },
  { kind: "history-requested", session: closedSession },
  { kind: "history-loaded", session: closedSession, page: { messages: [], next: null } },
]);

describe("a feed", () => {
  it("adds every session and its last state", () => {
    const desk = reduce(before, events(feed));
    const people = new Set(feed.map(({ subject, data }) => data.session && subject));
    people.delete(undefined);
    expect(desk.sessions.size).toBe(people.size);
    expect(desk.sessions.get(closedSession)).toMatchObject({ status: "closed", operator: "ivan" });
    expect(desk.progress.chains.get(first.livechat!)).toBe(last.position);
  });

  it("gives the same result in one batch and event by event", () => {
    const oneByOne = feed.reduce((desk, one) => reduce(desk, [event(one)]), reading);
    expect(known(oneByOne)).toEqual(known(reduce(reading, events(feed))));
  });

  it("has no effect when it is repeated", () => {
    const once = reduce(reading, events(feed));
    expect(known(reduce(once, events(feed)))).toEqual(known(once));
  });

  it("does not change the desk it is applied to", () => {
    const was = structuredClone(known(reading));
    reduce(reading, events(feed));
    expect(known(reading)).toEqual(was);
  });

  it("adds each message to the thread once and in order", () => {
    const { messages } = reduce(reading, events(feed)).threads.get(closedSession)!;
    expect(messages.map(({ direction, text, event }) => text ?? event ?? direction)).toEqual([
      "session-opened",
      "Hi, is the blue one still in stock?",
      "session-assigned",
      "Yes, twelve of them",
      "Two, please",
      "likes blue",
      "please take over",
      "session-transferred",
      "session-closed",
    ]);
    expect(messages.find(({ direction }) => direction === "outbound")?.delivery?.state).toBe("read");
  });

  it("moves a session into the queue and out of it", () => {
    const taken = feed.findIndex(({ type }) => type.endsWith("session-assigned"));
    const views = (until: number) => {
      const desk = reduce(before, events(feed.slice(0, until)));
      const has = (view: "queue" | "mine") =>
        sessionsInView(desk.sessions.values(), view, olga, NO_FILTER, desk.contacts).some(
          ({ id }) => id === closedSession,
        );
      return { queue: has("queue"), mine: has("mine") };
    };
    expect(views(taken)).toEqual({ queue: true, mine: false });
    expect(views(taken + 1)).toEqual({ queue: false, mine: true });
    expect(views(feed.length)).toEqual({ queue: false, mine: false });
  });
});

describe("a gap in the feed", () => {
  const lost = feed.findIndex(({ type }) => type.endsWith("message-sent"));
  const withGap = [...feed.slice(0, lost), ...feed.slice(lost + 1)];

  it("holds back later events", () => {
    const desk = reduce(reading, events(withGap));
    expect(desk.held).toHaveLength(feed.length - lost - 1);
    expect(desk.sessions.get(closedSession)?.status).toBe("assigned");
  });

  it("is closed by a catch-up, whatever arrived meanwhile", () => {
    const caughtUp = reduce(reduce(reading, events(withGap)), [
      ...events(feed),
      { kind: "caught-up", position: last.position },
    ]);
    expect(caughtUp.held).toEqual([]);
    const straight = reduce(reading, [
      ...events(feed),
      { kind: "caught-up", position: last.position },
    ]);
    expect(known(caughtUp)).toEqual(known(straight));
  });

  it("releases held events when the catch-up ends before them", () => {
    const upToLost = events(feed.slice(0, lost + 1));
    const desk = reduce(reduce(reading, events(withGap)), [
      ...upToLost,
      { kind: "caught-up", position: feed[lost]!.position },
    ]);
    expect(desk.sessions.get(closedSession)?.status).toBe("closed");
    expect(desk.held).toEqual([]);
  });
});

describe("a list", () => {
  const session = opened.data.session as Desk["sessions"] extends ReadonlyMap<string, infer S>
    ? S
    : never;

  it("does not undo feed events since its request", () => {
    const desk = reduce(before, [
      ...events(feed),
      { kind: "sessions-listed", sessions: [session], contacts: [], asOf: opened.position },
    ]);
    expect(desk.sessions.get(closedSession)?.status).toBe("closed");
  });

  it("has as many unread messages as the last event says, whatever kind it is of", () => {
    const { id, liveChat, status } = session;
    const type = "switchboard.message-deleted";
    const position = opened.position + 1;
    const short = { id, liveChat, status, unread: 7 };
    const change = { ...opened, type, position, previous: opened.position };
    const desk = reduce(before, [
      ...events(feed.slice(0, feed.indexOf(opened) + 1)),
      event({ ...change, data: { by: "messenger", session: short } }),
    ]);
    expect(desk.sessions.get(closedSession)?.unread).toBe(7);
  });

  it("is asked again whether its person waits when a message is deleted", () => {
    const received = feed.find(({ type }) => type.endsWith("message-received"))!;
    const { waitingSince: _, ...answered } = session;
    const { position, time } = received;
    const waits = reduce(EMPTY, [
      { kind: "me", me: olga },
      { kind: "caught-up", position: position - 1 },
      { kind: "sessions-listed", sessions: [answered], contacts: [], asOf: position },
      event(received),
    ]);
    expect(waits.sessions.get(closedSession)?.waitingSince).toBe(time);
    expect(waits.missing.size).toBe(0);
    const message = { ...(received.data.message as Message), deleted: time };
    const data = { ...received.data, message };
    const type = "switchboard.message-deleted";
    const deletion = { ...received, type, position: position + 1, previous: position, data };
    const deleted = reduce(waits, [event(deletion)]);
    expect(deleted.sessions.get(closedSession)?.lastMessage?.deleted).toBe(time);
    expect([...deleted.missing.keys()]).toEqual([closedSession]);
  });

  it("adds sessions that the feed did not mention", () => {
    const desk = reduce(before, [
      { kind: "sessions-listed", sessions: [session], contacts: [], asOf: first.position },
    ]);
    expect(desk.sessions.get(closedSession)?.status).toBe("queued");
  });
});

describe("a session that is not loaded", () => {
  it("is requested if it is in the queue", () => {
    const received = feed.findIndex(({ type }) => type.endsWith("message-received"));
    const desk = reduce(reduce(EMPTY, [{ kind: "me", me: olga }]), [
      { kind: "caught-up", position: feed[received]!.position - 1 },
      event(feed[received]!),
    ]);
    expect([...desk.missing.keys()]).toEqual([feed[received]!.subject]);
  });
});

describe("an action without effect", () => {
  it("returns the same desk, so that nothing renders again", () => {
    const desk = reduce(reading, events(feed));
    expect(reduce(desk, [{ kind: "tick", now: 0 }, ...events(feed)])).toBe(desk);
  });
});

describe("leaving a live chat", () => {
  it("removes its sessions", () => {
    const desk = reduce(reading, [...events(feed), { kind: "me", me: { ...olga, liveChats: [] } }]);
    expect(desk.sessions.size).toBe(0);
    expect(desk.threads.size).toBe(0);
  });
});

describe("a reset", () => {
  it("keeps only drafts and unsent messages", () => {
    const draft = { text: "half", note: false };
    const outgoing = { key: "k", session: closedSession, kind: "message" as const, text: "whole", at: 0 };
    const desk = reduce(before, [
      ...events(feed),
      { kind: "draft-changed", session: closedSession, draft },
      { kind: "message-composed", outgoing },
      { kind: "reset" },
    ]);
    expect(desk.sessions.size).toBe(0);
    expect(desk.drafts.get(closedSession)).toEqual(draft);
    expect(desk.outbox.get("k")).toEqual(outgoing);
  });
});

describe("an erased contact", () => {
  const whole = feed.find(({ data }) => data.contact)!.data.contact!;
  const contact = (opened.data.session as Session).contact;
  const person: Contact = { ...whole, id: contact, avatar: "data:image/png;base64," };
  const gone: Contact = { ...person, avatar: undefined, forgotten: "2026-11-25T22:00:00Z" };
  const erased = reduce(reading, [
    ...events(feed),
    { kind: "contact", contact: person },
    { kind: "contact", contact: gone },
  ]);

  it("leaves no text on the desk", () => {
    expect(erased.sessions.get(closedSession)?.lastMessage?.text).toBeUndefined();
    const said = erased.threads.get(closedSession)!.messages.filter(({ author }) => author === contact);
    expect(said.length).toBeGreaterThan(0);
    expect(said.every(({ text }) => text === undefined)).toBe(true);
  });

  it("does not get the avatar back from a list", () => {
    const desk = reduce(erased, [{ kind: "sessions-listed", sessions: [], contacts: [gone], asOf: 0 }]);
    expect(desk.contacts.get(contact)?.avatar).toBeUndefined();
  });
});

describe("the people of a group", () => {
  const person = (id: string, username: string): Contact => ({
    id,
    channel: "ch",
    externalUserId: `u-${id}`,
    username,
    firstSeenAt: "2026-01-01T00:00:00Z",
  });
  const page = { messages: [], contacts: [person("boris", "Boris")], next: null };
  const loadedWith = (desk: Desk, ...contacts: Contact[]) =>
    reduce(desk, [
      ...contacts.map((contact) => ({ kind: "contact" as const, contact })),
      { kind: "history-requested", session: closedSession },
      { kind: "history-loaded", session: closedSession, page },
    ]);

  it("come with the history, unless the desk knows them better", () => {
    expect(loadedWith(reading).contacts.get("boris")?.username).toBe("Boris");
    const newer = loadedWith(reading, person("boris", "Boris B."));
    expect(newer.contacts.get("boris")?.username).toBe("Boris B.");
  });

  it("are requested when they type or write and are unknown", () => {
    const details = { session: closedSession, contact: "boris", until: "" };
    const typing: Action = { kind: "signal", signal: "typing", details, now: 0 };
    const desk = reduce(reading, [typing]);
    expect([...desk.missingContacts.keys()]).toEqual(["boris"]);
    const requested = reduce(desk, [{ kind: "contact-requested", contact: "boris" }]);
    expect(requested.missingContacts.size).toBe(0);
    expect(reduce(loadedWith(reading), [typing]).missingContacts.size).toBe(0);
  });
});

describe("a person with several sessions", () => {
  const row = (id: string, change: Partial<Session> = {}): Session => ({
    ...(opened.data.session as Session),
    id,
    contact: "c",
    externalChatId: id,
    status: "queued",
    position: 20,
    ...change,
  });
  const listed = (...sessions: Session[]): Action => ({
    kind: "sessions-listed",
    sessions,
    contacts: [],
    asOf: 20,
  });
  const open = (session: string): Action[] => [
    { kind: "thread-opened", session, contact: "c" },
    { kind: "history-requested", session },
    { kind: "history-loaded", session, page: { messages: [], next: null } },
  ];
  const said = (session: Session, position: number): Action => {
    const { id, liveChat, status, unread } = session;
    const message = { id: `m${position}`, session: id, direction: "inbound" as const, position };
    const type = "switchboard.message-received";
    const data = { by: "messenger", session: { id, liveChat, status, unread }, message };
    return event({ type, subject: id, time: "", position, previous: 0, livechat: liveChat, data });
  };
  const positions = (desk: Desk, session: string) =>
    desk.threads.get(session)?.messages.map(({ position }) => position);
  const start = reduce(EMPTY, [
    { kind: "me", me: olga },
    { kind: "caught-up", position: 20 },
  ]);
  const [a, b, closed] = [row("a"), row("b"), row("c1", { status: "closed", position: 11 })];
  const stranger = row("d", { contact: "other" });

  it("has one history: events of all their sessions are in the threads of the open ones", () => {
    const desk = reduce(start, [
      listed(a, b, closed, stranger),
      ...["a", "b", "c1", "d"].flatMap(open),
      ...[said(a, 21), said(stranger, 22), said(b, 23), said(a, 24)],
    ]);
    expect(positions(desk, "a")).toEqual([21, 23, 24]);
    expect(positions(desk, "b")).toEqual([21, 23, 24]);
    expect(positions(desk, "c1")).toEqual([]);
    expect(positions(desk, "d")).toEqual([22]);
  });

  it("has one history of a group, for all who opened its sessions", () => {
    const group = row("e", { contact: "other", externalChatId: "a" });
    const desk = reduce(start, [listed(a, group), ...open("a"), said(group, 21)]);
    expect(positions(desk, "a")).toEqual([21]);
  });

  it("has what others open in a chat in which a session was opened for the person", () => {
    const closedGroup = row("g1", { status: "closed", externalChatId: "g" });
    const group = row("g2", { contact: "other", externalChatId: "g" });
    const desk = reduce(start, [listed(a, closedGroup, group), ...open("a"), said(group, 21)]);
    expect(positions(desk, "a")).toEqual([21]);
    const elsewhere = { ...closedGroup, channel: "another" };
    const without = reduce(start, [listed(a, elsewhere, group), ...open("a"), said(group, 21)]);
    expect(positions(without, "a")).toEqual([]);
  });

  it("has a thread of a closed session that ends with it", () => {
    const desk = reduce(start, [
      listed(closed),
      { kind: "thread-opened", session: "c1", contact: "c" },
    ]);
    expect(desk.threads.get("c1")?.earlier).toEqual({ before: 12 });
  });

  it("loads a thread again when its session is opened again", () => {
    const again = { ...closed, status: "queued" as const };
    for (const action of [said(again, 21), listed(again)]) {
      const desk = reduce(start, [listed(closed), ...open("c1"), action]);
      expect(desk.threads.has("c1")).toBe(false);
    }
  });
});
