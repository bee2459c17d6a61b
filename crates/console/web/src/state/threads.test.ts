import { describe, expect, it } from "vitest";

import type { Message } from "../api/types";
import { closedSession, feed } from "./recorded";
import * as threads from "./threads";

const message = (position: number, session = "s"): Message => ({
  id: `m${position}`,
  session,
  direction: "inbound",
  position,
});
const positions = (thread: threads.Thread) => thread.messages.map(({ position }) => position);
const asked = threads.loading(threads.opened("s", "c"));

describe("history", () => {
  it("is loaded page by page with one cursor, whichever chats the pages are from", () => {
    const one = threads.loaded(asked, { messages: [message(8, "b"), message(9)], next: 7 });
    expect(one.earlier).toEqual({ before: 7 });
    const page = { messages: [message(2, "a"), message(5, "b")], next: null };
    const two = threads.loaded(threads.loading(one), page);
    expect(two.earlier).toBeNull();
    expect(positions(two)).toEqual([2, 5, 8, 9]);
  });

  it("of a closed session ends with it", () => {
    expect(threads.opened("s", "c").earlier).toEqual({});
    expect(threads.opened("s", "c", 12).earlier).toEqual({ before: 12 });
  });

  it("applies events that arrive during loading after the page", () => {
    const sent = feed.find(({ type }) => type.endsWith("message-sent"))!;
    const delivered = feed.filter(({ type }) => type.endsWith("delivery-changed"));
    let thread = threads.apply(threads.loading(threads.opened(closedSession, "c")), "message-sent", sent);
    for (const event of delivered) thread = threads.apply(thread, "delivery-changed", event);
    expect(thread.messages).toEqual([]);
    const page = { messages: [sent.data.message as Message], next: null };
    const loaded = threads.loaded(thread, page);
    expect(loaded.messages).toHaveLength(1);
    expect(loaded.messages[0]?.delivery?.state).toBe("read");
  });

  it("has session events between the messages", () => {
    const assigned = { ...message(6), id: "event-6", direction: "system" as const };
    const page = { messages: [message(5), message(9)], events: [assigned], next: null };
    expect(positions(threads.loaded(asked, page))).toEqual([5, 6, 9]);
  });

  it("can be loaded again after a failure", () => {
    const thread = threads.failed(asked);
    expect(thread.loading).toBe(false);
    expect(thread.earlier).toEqual({});
  });
});

it("a session event is a system message", () => {
  const assigned = feed.find(({ type }) => type.endsWith("session-assigned"))!;
  const thread = threads.loaded(asked, { messages: [], next: null });
  const takenOver = { ...assigned, data: { ...assigned.data, from: "ivan" } };
  const [line] = threads.apply(thread, "session-assigned", takenOver).messages;
  expect(line).toMatchObject({ event: "session-assigned", operator: "olga", from: "ivan" });
  const [reopened] = threads.apply(thread, "session-reopened", assigned).messages;
  expect(reopened).toMatchObject({ direction: "system", event: "session-reopened" });
});

describe("a message", () => {
  const loaded = threads.loaded(asked, { messages: [message(5), message(9)], next: 5 });

  it("is inserted by its position", () => {
    expect(positions(threads.upsert(loaded, message(7)))).toEqual([5, 7, 9]);
  });

  it("replaces its earlier version", () => {
    const edited = threads.upsert(loaded, { ...message(9), text: "better" });
    expect(edited.messages.map(({ text }) => text)).toEqual([undefined, "better"]);
  });

  it("older than the loaded ones is left to its page", () => {
    expect(positions(threads.upsert(loaded, message(3)))).toEqual([5, 9]);
  });
});

describe("unread messages", () => {
  const note = { ...message(4), direction: "note" as const };
  const deleted = { ...message(5), deleted: "2026-11-25T22:00:00Z" };
  const messages = [message(1), message(2), message(3), note, deleted, message(6), message(7, "other")];
  const whole = threads.loaded(asked, { messages, next: null });
  const part = threads.loaded(asked, { messages, next: 1 });
  const ids = ({ messages }: threads.Unread) => messages.map(({ id }) => id);

  it("are the contact's last ones in this session that are not deleted", () => {
    expect(ids(threads.unread(whole, 0))).toEqual([]);
    expect(ids(threads.unread(whole, 2))).toEqual(["m3", "m6"]);
    expect(ids(threads.unread(whole, 9))).toEqual(["m1", "m2", "m3", "m6"]);
  });

  it.each<[string, threads.Thread, number, string[], string | undefined]>([
    ["nothing is unread", whole, 0, ["m6"], undefined],
    ["none was seen", whole, 3, [], undefined],
    ["all were seen", whole, 3, ["m2", "m3", "m6"], "m6"],
    ["one above the screen was not seen", whole, 3, ["m3", "m6"], undefined],
    ["one in the middle was not seen", whole, 3, ["m2", "m6"], "m2"],
    ["the first ones are not loaded", part, 9, ["m1", "m2", "m3", "m6"], undefined],
    ["all of them are loaded", part, 2, ["m3", "m6"], "m6"],
  ])("are read up to the last before which none was missed: %s", (_, thread, count, seen, last) => {
    expect(threads.seenUpTo(threads.unread(thread, count), new Set(seen))).toBe(last);
  });
});
