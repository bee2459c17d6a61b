import { describe, expect, it } from "vitest";

import { isAdvised, reason } from "./reason";

describe("the broker's sentences", () => {
  it.each([
    ["the messenger rejected the confirmation code (401)", "wrongCode", {}],
    [
      "the messenger answered the challenge with another confirmation code",
      "wrongProof",
      {},
    ],
    [
      'the messenger did not answer the challenge, which security "signed" requires',
      "noProof",
      {},
    ],
    [
      "the messenger answered 302, a redirect; redirects are not followed",
      "redirect",
      { status: "302" },
    ],
    ["the messenger answered 503", "status", { status: "503" }],
    ["the messenger says that it is gone (410)", "gone", {}],
    [
      "the address 127.0.0.1 of localhost is not allowed (loopback); add it to egress.allow if it is intended",
      "address",
      { address: "127.0.0.1" },
    ],
    [
      'the host "0x7f.1" is not allowed; use a name, four decimal numbers, or IPv6 in brackets',
      "address",
      { address: "0x7f.1" },
    ],
    ["the name m.example does not resolve: not found", "name", { name: "m.example" }],
    ["no answer within 10000 ms", "timeout", { ms: "10000" }],
    ["cannot connect within 3 s", "connection", {}],
    ["cannot connect to m.example, port 80: refused", "connection", {}],
    ["the TLS handshake failed: expired", "tls", { why: "expired" }],
    ["the connection was closed before an answer", "closed", {}],
    ["the answer is not HTTP", "notHttp", {}],
    ["the connection broke: reset", "broken", { why: "reset" }],
    ["no egress process is running; nothing was sent", "noEgress", {}],
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

  it("are unchanged if they are unknown", () => {
    expect(reason("something that a later broker says")).toBeNull();
  });
});

it("only failures have advice", () => {
  expect(isAdvised("wrongCode")).toBe(true);
  expect(isAdvised("byUser")).toBe(false);
});
