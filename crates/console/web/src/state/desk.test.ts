import { describe, expect, it } from "vitest";

import type { Contact, FeedEvent, Session } from "../api/types";
import { EMPTY, reduce } from "./desk";
import type { Desk, Input } from "./desk";
import { feed, olga, told } from "./recorded";
import { list, NO_FILTER } from "./views";

const event = (one: FeedEvent): Input => ({ kind: "event", event: one });
const events = (all: readonly FeedEvent[]): Input[] => all.map(event);
const first = feed[0]!;
const last = feed.at(-1)!;
const opened = feed.find(({ subject }) => subject === told)!;

/** A desk at which everything before the recording is known. */
const before = reduce(EMPTY, [
  { kind: "me", me: olga },
  { kind: "reached", position: first.previous ?? 0 },
]);

const known = (desk: Desk) => ({
  sessions: [...desk.sessions].sort(),
  contacts: [...desk.contacts].sort(),
  threads: [...desk.threads],
  progress: desk.progress,
});

/** The desk as it is while the session's thread is open and its history has come. */
const reading = reduce(before, [
  { kind: "opened", session: told, contact: "" },
  { kind: "history-asked", session: told },
  { kind: "history", session: told, page: { messages: [], next: null } },
]);

describe("a feed", () => {
  it("tells of every session, and how each ended", () => {
    const desk = reduce(before, events(feed));
    const people = new Set(feed.map(({ subject, data }) => data.session && subject));
    people.delete(undefined);
    expect(desk.sessions.size).toBe(people.size);
    expect(desk.sessions.get(told)).toMatchObject({ status: "closed", operator: "ivan" });
    expect(desk.progress.chains.get(first.livechat!)).toBe(last.position);
  });

  it("is the same in one batch and event by event", () => {
    const oneByOne = feed.reduce((desk, one) => reduce(desk, [event(one)]), reading);
    expect(known(oneByOne)).toEqual(known(reduce(reading, events(feed))));
  });

  it("has no effect when it is told again", () => {
    const once = reduce(reading, events(feed));
    expect(known(reduce(once, events(feed)))).toEqual(known(once));
  });

  it("leaves the desk that it was folded into as it was", () => {
    const was = structuredClone(known(reading));
    reduce(reading, events(feed));
    expect(known(reading)).toEqual(was);
  });

  it("makes the thread's lines, in order, each once", () => {
    const { lines } = reduce(reading, events(feed)).threads.get(told)!;
    expect(lines.map(({ direction, text, event }) => text ?? event ?? direction)).toEqual([
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
    expect(lines.find(({ direction }) => direction === "outbound")?.delivery?.state).toBe("read");
  });

  it("is followed into the queue and out of it", () => {
    const taken = feed.findIndex(({ type }) => type.endsWith("session-assigned"));
    const views = (until: number) => {
      const desk = reduce(before, events(feed.slice(0, until)));
      const has = (view: "queue" | "mine") =>
        list(desk.sessions.values(), view, olga, NO_FILTER, desk.contacts).some(
          ({ id }) => id === told,
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

  it("holds what comes after it", () => {
    const desk = reduce(reading, events(withGap));
    expect(desk.held).toHaveLength(feed.length - lost - 1);
    expect(desk.sessions.get(told)?.status).toBe("assigned");
  });

  it("is closed by a catch-up, whatever was heard meanwhile", () => {
    const caughtUp = reduce(reduce(reading, events(withGap)), [
      ...events(feed),
      { kind: "reached", position: last.position },
    ]);
    expect(caughtUp.held).toEqual([]);
    const straight = reduce(reading, [
      ...events(feed),
      { kind: "reached", position: last.position },
    ]);
    expect(known(caughtUp)).toEqual(known(straight));
  });

  it("lets what was held follow when the catch-up ends before it", () => {
    const upToLost = events(feed.slice(0, lost + 1));
    const desk = reduce(reduce(reading, events(withGap)), [
      ...upToLost,
      { kind: "reached", position: feed[lost]!.position },
    ]);
    expect(desk.sessions.get(told)?.status).toBe("closed");
    expect(desk.held).toEqual([]);
  });
});

describe("a list", () => {
  const session = opened.data.session as Desk["sessions"] extends ReadonlyMap<string, infer S>
    ? S
    : never;

  it("does not undo what the feed told since it was asked for", () => {
    const desk = reduce(before, [
      ...events(feed),
      { kind: "listed", sessions: [session], contacts: [], asOf: opened.position },
    ]);
    expect(desk.sessions.get(told)?.status).toBe("closed");
  });

  it("tells of sessions that the feed did not", () => {
    const desk = reduce(before, [
      { kind: "listed", sessions: [session], contacts: [], asOf: first.position },
    ]);
    expect(desk.sessions.get(told)?.status).toBe("queued");
  });
});

describe("a session that no list has told of", () => {
  it("is asked for when it is in the queue", () => {
    const received = feed.findIndex(({ type }) => type.endsWith("message-received"));
    const desk = reduce(reduce(EMPTY, [{ kind: "me", me: olga }]), [
      { kind: "reached", position: feed[received]!.position - 1 },
      event(feed[received]!),
    ]);
    expect([...desk.wanted.keys()]).toEqual([feed[received]!.subject]);
  });
});

describe("what changes nothing", () => {
  it("leaves the desk the same, so that nothing is drawn anew", () => {
    const desk = reduce(reading, events(feed));
    expect(reduce(desk, [{ kind: "tick", now: 0 }, ...events(feed)])).toBe(desk);
  });
});

describe("a live chat that one is no member of any more", () => {
  it("takes its sessions with it", () => {
    const desk = reduce(reading, [...events(feed), { kind: "me", me: { ...olga, liveChats: [] } }]);
    expect(desk.sessions.size).toBe(0);
    expect(desk.threads.size).toBe(0);
  });
});

describe("starting afresh", () => {
  it("keeps only what the operator wrote", () => {
    const draft = { text: "half", note: false };
    const outgoing = { key: "k", session: told, kind: "message" as const, text: "whole", at: 0 };
    const desk = reduce(before, [
      ...events(feed),
      { kind: "drafted", session: told, draft },
      { kind: "composed", outgoing },
      { kind: "afresh" },
    ]);
    expect(desk.sessions.size).toBe(0);
    expect(desk.drafts.get(told)).toEqual(draft);
    expect(desk.outbox.get("k")).toEqual(outgoing);
  });
});

describe("a person who was forgotten", () => {
  const whole = feed.find(({ data }) => data.contact)!.data.contact!;
  const contact = (opened.data.session as Session).contact;
  const person: Contact = { ...whole, id: contact, avatar: "data:image/png;base64," };
  const gone: Contact = { ...person, avatar: undefined, forgotten: "2026-11-25T22:00:00Z" };
  const erased = reduce(reading, [
    ...events(feed),
    { kind: "contact", contact: person },
    { kind: "contact", contact: gone },
  ]);

  it("leaves no words on the desk", () => {
    expect(erased.sessions.get(told)?.lastMessage?.text).toBeUndefined();
    const said = erased.threads.get(told)!.lines.filter(({ author }) => author === contact);
    expect(said.length).toBeGreaterThan(0);
    expect(said.every(({ text }) => text === undefined)).toBe(true);
  });

  it("does not get the picture back from a list", () => {
    const desk = reduce(erased, [{ kind: "listed", sessions: [], contacts: [gone], asOf: 0 }]);
    expect(desk.contacts.get(contact)?.avatar).toBeUndefined();
  });
});
