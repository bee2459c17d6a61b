import { describe, expect, it } from "vitest";

import type { Message } from "../api/types";
import { feed, told } from "./recorded";
import * as threads from "./threads";

const message = (position: number, session = "s"): Message => ({
  id: `m${position}`,
  session,
  direction: "inbound",
  position,
});
const positions = (thread: threads.Thread) => thread.lines.map(({ position }) => position);
const asked = threads.loading(threads.opened("s", "c"));

describe("history", () => {
  it("comes page by page, and then from the person's other chats", () => {
    const one = threads.loaded(asked, { messages: [message(8), message(9)], next: 8 });
    expect(one.earlier).toEqual({ of: { session: "s" }, before: 8 });
    const two = threads.loaded(threads.loading(one), { messages: [message(5)], next: null });
    expect(two.earlier).toEqual({ of: { contact: "c" }, before: 5 });
    const three = threads.loaded(threads.loading(two), { messages: [message(2)], next: null });
    expect(three.earlier).toBeNull();
    expect(positions(three)).toEqual([2, 5, 8, 9]);
  });

  it("keeps what is told while a page is on its way, and puts it in afterwards", () => {
    const sent = feed.find(({ type }) => type.endsWith("message-sent"))!;
    const delivered = feed.filter(({ type }) => type.endsWith("delivery-changed"));
    let thread = threads.fold(threads.loading(threads.opened(told, "c")), "message-sent", sent);
    for (const event of delivered) thread = threads.fold(thread, "delivery-changed", event);
    expect(thread.lines).toEqual([]);
    const page = { messages: [sent.data.message as Message], next: null };
    const loaded = threads.loaded(thread, page);
    expect(loaded.lines).toHaveLength(1);
    expect(loaded.lines[0]?.delivery?.state).toBe("read");
  });

  it("has what happened to the session between its messages", () => {
    const taken = { ...message(6), id: "event-6", direction: "system" as const };
    const page = { messages: [message(5), message(9)], events: [taken], next: null };
    expect(positions(threads.loaded(asked, page))).toEqual([5, 6, 9]);
  });

  it("can be asked for again after it failed", () => {
    const thread = threads.failed(asked);
    expect(thread.loading).toBe(false);
    expect(thread.earlier).toEqual({ of: { session: "s" } });
  });
});

describe("a line", () => {
  const loaded = threads.loaded(asked, { messages: [message(5), message(9)], next: 5 });

  it("is put where its position says", () => {
    expect(positions(threads.written(loaded, message(7)))).toEqual([5, 7, 9]);
  });

  it("takes the place of the same one before", () => {
    const edited = threads.written(loaded, { ...message(9), text: "better" });
    expect(edited.lines.map(({ text }) => text)).toEqual([undefined, "better"]);
  });

  it("from before what is here waits for its page", () => {
    expect(positions(threads.written(loaded, message(3)))).toEqual([5, 9]);
  });
});

describe("what is read", () => {
  it("reaches up to the person's last message in this session", () => {
    const note = { ...message(3), direction: "note" as const };
    const messages = [message(1, "before"), message(2), note];
    const thread = threads.loaded(asked, { messages, next: null });
    expect(threads.lastInbound(thread)?.position).toBe(2);
  });
});
