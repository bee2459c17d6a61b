import { describe, expect, it } from "vitest";

import type { FeedEvent } from "../api/types";
import * as outbox from "./outbox";
import { closedSession, feed } from "./recorded";

const outgoing = (key: string, change: Partial<outbox.Outgoing> = {}): outbox.Outgoing => ({
  key,
  session: closedSession,
  kind: "message",
  text: "Yes, twelve of them",
  at: 0,
  ...change,
});
const box = (...all: outbox.Outgoing[]): outbox.Outbox => new Map(all.map((one) => [one.key, one]));
const sent = feed.find(({ type }) => type.endsWith("message-sent"))!;
const keys = (all: outbox.Outbox) => [...all.keys()];

describe("due messages", () => {
  it("are the oldest of each session", () => {
    const all = box(outgoing("a"), outgoing("b"), outgoing("c", { session: "other" }));
    expect(outbox.due(all).map(({ key }) => key)).toEqual(["a", "c"]);
  });

  it("do not include refused ones", () => {
    const all = box(outgoing("a"), outgoing("b"));
    outbox.refuse(all, "a", { code: "session_closed", message: "", details: {} });
    expect(outbox.due(all).map(({ key }) => key)).toEqual(["b"]);
  });
});

it("does not send a message from the day before without confirmation", () => {
  const hours = (n: number) => n * 60 * 60_000;
  const stored = [...box(outgoing("old"), outgoing("new", { at: hours(15) }))];
  const all = outbox.restore(stored, hours(16));
  expect(outbox.due(all).map(({ key }) => key)).toEqual(["new"]);
  expect(all.get("old")?.refused?.code).toBe("outdated");
});

describe("a message-sent event", () => {
  it("removes the message with its command id", () => {
    const all = box(outgoing("a"), outgoing("b"));
    const keyed: FeedEvent = { ...sent, data: { ...sent.data, commandId: "b" } };
    outbox.confirm(all, keyed);
    expect(keys(all)).toEqual(["a"]);
  });

  it("without a command id removes nothing, even if the text is the same", () => {
    const all = box(outgoing("a"));
    outbox.confirm(all, sent);
    expect(keys(all)).toEqual(["a"]);
  });
});
