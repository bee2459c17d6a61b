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
  it("is loaded page by page, then from the contact's other chats", () => {
    const one = threads.loaded(asked, { messages: [message(8), message(9)], next: 8 });
    expect(one.earlier).toEqual({ of: { session: "s" }, before: 8 });
    const two = threads.loaded(threads.loading(one), { messages: [message(5)], next: null });
    expect(two.earlier).toEqual({ of: { contact: "c" }, before: 5 });
    const three = threads.loaded(threads.loading(two), { messages: [message(2)], next: null });
    expect(three.earlier).toBeNull();
    expect(positions(three)).toEqual([2, 5, 8, 9]);
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
    expect(thread.earlier).toEqual({ of: { session: "s" } });
  });
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

describe("the read position", () => {
  it("is the contact's last message in this session", () => {
    const note = { ...message(3), direction: "note" as const };
    const messages = [message(1, "before"), message(2), note];
    const thread = threads.loaded(asked, { messages, next: null });
    expect(threads.lastInbound(thread)?.position).toBe(2);
  });
});
