import { describe, expect, it } from "vitest";

import { isAdvised, reason } from "./reason";

describe("the broker's words", () => {
  it.each([
    ["wrong confirmation code: the messenger answered 401", "wrongCode", {}],
    ["the messenger refused the confirmation code (401)", "wrongCode", {}],
    [
      "wrong answer to the challenge: the messenger uses another confirmation code",
      "wrongProof",
      {},
    ],
    [
      'the messenger did not answer the challenge, which a channel with security "signed" requires',
      "noProof",
      {},
    ],
    [
      "the messenger answered 302, a redirect, and redirects are not followed",
      "redirect",
      { status: "302" },
    ],
    ["the messenger answered 500 where 200 was expected", "status", { status: "500" }],
    ["the messenger answered 503", "status", { status: "503" }],
    ["the messenger says that it is gone (410)", "gone", {}],
    [
      "the guard refuses 127.0.0.1 of localhost (loopback); egress.allow opens it if it is meant; egress.allow can open it",
      "address",
      { address: "127.0.0.1" },
    ],
    [
      'the guard refuses the host "0x7f.1"; write a name, four decimal numbers, or IPv6 in brackets',
      "address",
      { address: "0x7f.1" },
    ],
    ["the name m.example does not resolve: not found", "name", { name: "m.example" }],
    ["no answer within 10000 ms", "timeout", { ms: "10000" }],
    ["no connection within 3 s", "connection", {}],
    ["no connection to m.example, port 80: refused", "connection", {}],
    ["no trust by TLS: expired", "tls", { why: "expired" }],
    ["the connection was closed before an answer", "closed", {}],
    ["what came is not an HTTP answer", "notHttp", {}],
    ["the connection broke: reset", "broken", { why: "reset" }],
    ["no egress role answers; nothing was sent", "noEgress", {}],
    ["by the messenger", "byMessenger", {}],
    ["by anna", "byUser", { user: "anna" }],
    ["deliveries fail; one probe at a time until one succeeds", "probing", {}],
    [
      "every delivery failed for 24 hours; reconnect when the messenger is back",
      "gaveUp",
      {},
    ],
  ])("%s", (words, kind, values) => {
    expect(reason(words)).toEqual({ kind, values });
  });

  it("are left as they are where they are not known", () => {
    expect(reason("something that a later broker says")).toBeNull();
  });
});

it("there is advice for what went wrong, and none for what somebody wanted", () => {
  expect(isAdvised("wrongCode")).toBe(true);
  expect(isAdvised("byUser")).toBe(false);
});
