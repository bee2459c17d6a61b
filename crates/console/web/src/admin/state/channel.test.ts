import { describe, expect, it } from "vitest";

import type { ChannelStatus } from "../../api/types";
import * as channel from "./channel";

describe("the one button", () => {
  it.each<[ChannelStatus, channel.Turn]>([
    ["pending", "giveUp"],
    ["active", "disconnect"],
    ["disconnected", "reconnect"],
    ["interrupted", "reconnect"],
    ["failed", "tryAgain"],
  ])("of a channel that is %s does %s", (status, turn) => {
    expect(channel.turn(status)).toBe(turn);
  });
});

describe("the lamp", () => {
  it("is lit for an active channel, and red while its deliveries fail", () => {
    expect(channel.look({ status: "active" })).toBe("good");
    expect(channel.look({ status: "active", reason: "deliveries fail; …" })).toBe("bad");
  });

  it("is out for what somebody ended, and red for what the system ended", () => {
    expect(channel.look({ status: "disconnected" })).toBe("off");
    expect(channel.look({ status: "interrupted" })).toBe("bad");
    expect(channel.look({ status: "failed" })).toBe("bad");
    expect(channel.look({ status: "pending" })).toBe("busy");
  });
});

describe("a rotation's overlap", () => {
  const since = "2026-11-22T10:00:00.000000Z";
  const until = "2026-11-23T10:00:00.000000Z";
  const codes = [{ since }, { since, until }];

  it("lasts until the old code is no longer good", () => {
    expect(channel.overlap({ codes }, Date.parse(until) - 1)).toBe(until);
    expect(channel.overlap({ codes }, Date.parse(until))).toBeNull();
  });

  it("is none with one code, or where the broker does not tell", () => {
    expect(channel.overlap({ codes: [{ since }] }, 0)).toBeNull();
    expect(channel.overlap({}, 0)).toBeNull();
  });

  it("is that of the code that stays longest", () => {
    const later = "2026-11-24T10:00:00.000000Z";
    const three = [...codes, { since, until: later }];
    expect(channel.overlap({ codes: three }, Date.parse(since))).toBe(later);
  });
});

describe("a confirmation code", () => {
  it("that is made here can sign, and passes for one that can", () => {
    const code = channel.signingCode(new Uint8Array(channel.CODE_BYTES).fill(255));
    expect(code).toMatch(/^whsec_\/{42}8=$/);
    expect(channel.securityOf(code)).toBe("signed");
    expect(channel.codeFault(code, "signed")).toBeNull();
  });

  it.each([
    ["", "token", "empty"],
    ["", "open", null],
    ["secret", "token", null],
    ["whsec_", "signed", "notBase64"],
    ["whsec_ab c", "signed", "notBase64"],
    ["whsec_abcde", "signed", "notBase64"],
    ["whsec_abcd", "signed", null],
  ] as const)("%o with security %s: %s", (code, security, fault) => {
    expect(channel.codeFault(code, security)).toBe(fault);
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

  it("is shown by its host where it may hold a secret", () => {
    expect(channel.host("https://chat.example.com:8443/hook?key=1")).toBe("chat.example.com:8443");
  });
});

it("the public base is what stands before the messengers' path", () => {
  const url = "https://house.example/broker/api/messengers/external/other/webhook/c1";
  expect(channel.base(url)).toBe("https://house.example/broker");
});
