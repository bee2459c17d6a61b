import { describe, expect, it } from "vitest";

import type { FeedEvent } from "../api/types";
import * as outbox from "./outbox";
import { feed, told } from "./recorded";

const outgoing = (key: string, change: Partial<outbox.Outgoing> = {}): outbox.Outgoing => ({
  key,
  session: told,
  kind: "message",
  text: "Yes, twelve of them",
  at: 0,
  ...change,
});
const box = (...all: outbox.Outgoing[]): outbox.Outbox => new Map(all.map((one) => [one.key, one]));
const sent = feed.find(({ type }) => type.endsWith("message-sent"))!;
const keys = (all: outbox.Outbox) => [...all.keys()];

describe("what is due", () => {
  it("is the oldest of each session", () => {
    const all = box(outgoing("a"), outgoing("b"), outgoing("c", { session: "other" }));
    expect(outbox.due(all).map(({ key }) => key)).toEqual(["a", "c"]);
  });

  it("is not what the broker refused", () => {
    const all = box(outgoing("a"), outgoing("b"));
    outbox.refuse(all, "a", { code: "session_closed", message: "", details: {} });
    expect(outbox.due(all).map(({ key }) => key)).toEqual(["b"]);
  });
});

it("does not send by itself what was kept since another day", () => {
  const hours = (n: number) => n * 60 * 60_000;
  const stored = [...box(outgoing("old"), outgoing("new", { at: hours(15) }))];
  const all = outbox.kept(stored, hours(16));
  expect(outbox.due(all).map(({ key }) => key)).toEqual(["new"]);
  expect(all.get("old")?.refused?.code).toBe("old");
});

describe("an event of what this operator sent", () => {
  it("takes it off the outbox by its key", () => {
    const all = box(outgoing("a"), outgoing("b"));
    const keyed: FeedEvent = { ...sent, data: { ...sent.data, commandId: "b" } };
    outbox.confirm(all, keyed);
    expect(keys(all)).toEqual(["a"]);
  });

  it("leaves the same words that were written here and are still to be sent", () => {
    const all = box(outgoing("a"));
    outbox.confirm(all, sent);
    expect(keys(all)).toEqual(["a"]);
  });
});
