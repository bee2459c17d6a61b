import { describe, expect, it } from "vitest";

import type { HandshakeTrace } from "../../api/channels";
import { applySignal, confirmation, fail, finish, formatBody, start } from "./handshake";

const sent = { url: "https://m.example/hook", webhookId: "connect-1", body: { type: "connect" } };
const trace = (part: Partial<HandshakeTrace>): HandshakeTrace => ({
  sent,
  received: { status: 200, body: "" },
  ms: 12,
  error: null,
  ...part,
});

describe("a handshake", () => {
  it("shows the request while there is no response yet", () => {
    const now = applySignal(start("k"), { channel: "c", commandId: "k", step: "sending", sent });
    expect(now).toMatchObject({ phase: "running", sent });
    expect(now.received).toBeUndefined();
  });

  it("keeps fields that a later step does not repeat", () => {
    const first = applySignal(start("k"), { channel: "c", commandId: "k", step: "sending", sent });
    const received = { status: 401, body: "no" };
    const then = applySignal(first, { channel: "c", commandId: "k", step: "answered", received, ms: 7 });
    expect(then).toMatchObject({ sent, received, ms: 7, phase: "running" });
  });

  it("distinguishes no response from a pending one", () => {
    const nothing = { channel: "c", commandId: "k", step: "answered", received: null };
    const now = applySignal(start("k"), nothing);
    expect(now.received).toBeNull();
  });

  it("ignores signals of other handshakes", () => {
    const mine = start("k");
    expect(applySignal(mine, { channel: "c", commandId: "other", step: "sending", sent })).toBe(mine);
    expect(applySignal(mine, { channel: "c", step: "sending", sent })).toBe(mine);
  });

  it("ignores signals after its end", () => {
    const done = finish(start("k"), trace({}), undefined);
    const late = { channel: "c", commandId: "k", step: "answered", received: null };
    expect(applySignal(done, late)).toBe(done);
  });

  it("is confirmed or refused according to the trace", () => {
    expect(finish(start("k"), trace({}), undefined).phase).toBe("confirmed");
    expect(finish(start("k"), trace({ error: "no" }), undefined).phase).toBe("refused");
  });

  it("is refused with the error of the request if the trace has none", () => {
    const late = fail(start("k"), trace({}), "the account was taken meanwhile");
    expect(late).toMatchObject({ phase: "refused", sent });
    expect(late.error).toBe("the account was taken meanwhile");
    expect(fail(start("k"), undefined, "offline").error).toBe("offline");
  });

  it.each([
    ['{"challenge":"abc"}', "challenge"],
    ["{}", "status"],
    ["ok", "status"],
    ["null", "status"],
  ])("with the response %s is confirmed by %s", (body, expected) => {
    const done = finish(start("k"), trace({ received: { status: 200, body } }), undefined);
    expect(confirmation(done)).toBe(expected);
  });
});

describe("a body", () => {
  it("is formatted if it is JSON and unchanged otherwise", () => {
    expect(formatBody('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(formatBody("<html>")).toBe("<html>");
    expect(formatBody({ a: 1 })).toBe('{\n  "a": 1\n}');
  });
});
