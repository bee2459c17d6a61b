import { describe, expect, it } from "vitest";

import type { Trace } from "../../api/channels";
import { begun, ended, failed, heard, pretty, proof } from "./handshake";

const sent = { url: "https://m.example/hook", webhookId: "connect-1", body: { type: "connect" } };
const trace = (part: Partial<Trace>): Trace => ({
  sent,
  received: { status: 200, body: "" },
  ms: 12,
  error: null,
  ...part,
});

describe("a handshake", () => {
  it("shows what was sent while nothing has come back yet", () => {
    const now = heard(begun("k"), { channel: "c", commandId: "k", step: "sending", sent });
    expect(now).toMatchObject({ phase: "asking", sent });
    expect(now.received).toBeUndefined();
  });

  it("keeps what it knows when a later step does not repeat it", () => {
    const first = heard(begun("k"), { channel: "c", commandId: "k", step: "sending", sent });
    const received = { status: 401, body: "no" };
    const then = heard(first, { channel: "c", commandId: "k", step: "answered", received, ms: 7 });
    expect(then).toMatchObject({ sent, received, ms: 7, phase: "asking" });
  });

  it("tells nothing came back from not knowing yet", () => {
    const nothing = { channel: "c", commandId: "k", step: "answered", received: null };
    const now = heard(begun("k"), nothing);
    expect(now.received).toBeNull();
  });

  it("does not listen to the handshake of somebody else", () => {
    const mine = begun("k");
    expect(heard(mine, { channel: "c", commandId: "other", step: "sending", sent })).toBe(mine);
    expect(heard(mine, { channel: "c", step: "sending", sent })).toBe(mine);
  });

  it("is not changed by a signal that comes after the answer", () => {
    const done = ended(begun("k"), trace({}));
    const late = { channel: "c", commandId: "k", step: "answered", received: null };
    expect(heard(done, late)).toBe(done);
  });

  it("is confirmed or refused as the trace says", () => {
    expect(ended(begun("k"), trace({})).phase).toBe("confirmed");
    expect(ended(begun("k"), trace({ error: "no" })).phase).toBe("refused");
  });

  it("is refused in the broker's words when the trace itself was good", () => {
    const late = failed(begun("k"), trace({}), "the account was taken meanwhile");
    expect(late).toMatchObject({ phase: "refused", sent });
    expect(late.error).toBe("the account was taken meanwhile");
    expect(failed(begun("k"), undefined, "offline").error).toBe("offline");
  });

  it.each([
    ['{"challenge":"abc"}', "challenge"],
    ["{}", "status"],
    ["ok", "status"],
    ["null", "status"],
  ])("was proved, answering %s, by %s", (body, how) => {
    const done = ended(begun("k"), trace({ received: { status: 200, body } }));
    expect(proof(done)).toBe(how);
  });
});

describe("a body", () => {
  it("is laid out where it is JSON, and left alone where it is not", () => {
    expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(pretty("<html>")).toBe("<html>");
    expect(pretty({ a: 1 })).toBe('{\n  "a": 1\n}');
  });
});
