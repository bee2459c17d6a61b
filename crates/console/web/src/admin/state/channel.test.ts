import { describe, expect, it } from "vitest";

import type { Channel, ChannelStatus } from "../../api/types";
import * as channel from "./channel";

describe("the toggle button", () => {
  it.each<[ChannelStatus, channel.ToggleAction]>([
    ["pending", "cancel"],
    ["active", "disconnect"],
    ["disconnected", "reconnect"],
    ["interrupted", "reconnect"],
    ["failed", "retry"],
  ])("of a channel that is %s: %s", (status, action) => {
    expect(channel.toggleAction(status)).toBe(action);
  });
});

describe("the status light", () => {
  it("is good for an active channel and bad while its deliveries fail", () => {
    expect(channel.look({ status: "active" })).toBe("good");
    expect(channel.look({ status: "active", reason: { code: "failing", message: "" } })).toBe("bad");
  });

  it("is off for a channel that was disconnected and bad for one that the system interrupted", () => {
    expect(channel.look({ status: "disconnected" })).toBe("off");
    expect(channel.look({ status: "interrupted" })).toBe("bad");
    expect(channel.look({ status: "failed" })).toBe("bad");
    expect(channel.look({ status: "pending" })).toBe("busy");
  });
});

describe("the last error", () => {
  const [early, late] = ["2026-11-22T10:00:00.000000Z", "2026-11-22T11:00:00.000000Z"];
  const refused = { code: "connect_failed", message: "connection refused" };
  const timeout = { code: "timed_out", message: "no response" };
  const of = (change: Partial<Channel>) =>
    channel.lastError({ status: "active", since: early, ...change } as Channel);

  it.each<ChannelStatus>(["failed", "interrupted", "disconnected", "active"])(
    "of a channel that is %s because of a failure is never empty",
    (status) => {
      expect(of({ status, reason: refused })).toEqual({ at: early, reason: refused });
    },
  );

  it("is the newer one of the status and the deliveries", () => {
    const failed = { status: "failed" as const, reason: refused, lastErrorReason: timeout };
    expect(of({ ...failed, since: late, lastErrorAt: early })?.reason).toBe(refused);
    expect(of({ ...failed, since: early, lastErrorAt: late })?.reason).toBe(timeout);
    expect(of({ lastErrorAt: early, lastError: "no response" })?.text).toBe("no response");
  });

  it("is not that somebody disconnected the channel", () => {
    for (const code of ["by_user", "by_messenger"])
      expect(of({ status: "disconnected", reason: { code, message: "" } })).toBeNull();
    expect(of({})).toBeNull();
  });
});

describe("the overlap of two codes", () => {
  const since = "2026-11-22T10:00:00.000000Z";
  const until = "2026-11-23T10:00:00.000000Z";
  const codes = [{ since }, { since, until }];

  it("lasts until the old code expires", () => {
    expect(channel.overlapUntil({ codes }, Date.parse(until) - 1)).toBe(until);
    expect(channel.overlapUntil({ codes }, Date.parse(until))).toBeNull();
  });

  it("is null with one code or without data", () => {
    expect(channel.overlapUntil({ codes: [{ since }] }, 0)).toBeNull();
    expect(channel.overlapUntil({}, 0)).toBeNull();
  });

  it("is that of the code that is valid longest", () => {
    const later = "2026-11-24T10:00:00.000000Z";
    const three = [...codes, { since, until: later }];
    expect(channel.overlapUntil({ codes: three }, Date.parse(since))).toBe(later);
  });
});

describe("a confirmation code", () => {
  it("that is generated is valid for signing", () => {
    const code = channel.signingCode(new Uint8Array(channel.CODE_BYTES).fill(255));
    expect(code).toMatch(/^whsec_\/{42}8=$/);
    expect(channel.defaultSecurity(code)).toBe("signed");
    expect(channel.codeError(code, "signed")).toBeNull();
  });

  it.each([
    ["", "token", "required"],
    ["", "open", null],
    ["secret", "token", null],
    ["whsec_", "signed", "notBase64"],
    ["whsec_ab c", "signed", "notBase64"],
    ["whsec_abcde", "signed", "notBase64"],
    ["whsec_abcd", "signed", null],
  ] as const)("%o with security %s: %s", (code, security, error) => {
    expect(channel.codeError(code, security)).toBe(error);
  });
});

describe("a webhook", () => {
  it.each([
    ["https://chat.example.com/hook?key=1", true],
    ["HTTP://127.0.0.1:7000", true],
    ["https://[::1]:7000/", true],
    ["chat.example.com", false],
    ["ftp://chat.example.com", false],
    ["https://user:word@chat.example.com/", false],
    ["https:///hook", false],
    ["https://chat.example.com/a b", false],
  ])("%s: %s", (text, is) => {
    expect(channel.isWebhook(text)).toBe(is);
  });

  it("is shown as its host, without secrets in the path", () => {
    expect(channel.host("https://chat.example.com:8443/hook?key=1")).toBe("chat.example.com:8443");
  });
});

it("the public base ends before the path of the API", () => {
  const url = "https://chat.example/broker/api/messengers/external/other/webhook/c1";
  expect(channel.publicBase(url)).toBe("https://chat.example/broker");
});
