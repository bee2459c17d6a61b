import { describe, expect, it } from "vitest";

import type { AuditEntry } from "../../api/audit";
import { byDay, namesFromEntries, parseStream, sentences } from "./audit";
import type { AuditFormatter } from "./audit";

const formatter: AuditFormatter = {
  name: (stream) => `<${stream}>`,
  group: (group) => group.toUpperCase(),
  status: (status) => status.toUpperCase(),
  reason: ({ code }) => `because ${code}`,
  time: (at) => `at ${at}`,
};

const entry = (stream: string, event: string, data: AuditEntry["data"] = {}): AuditEntry => ({
  position: 1,
  time: "2026-11-22T10:00:00.000000Z",
  by: "admin",
  stream,
  event,
  data,
});

describe("an audit entry", () => {
  it.each([
    ["user-disabled", { disabled: true }, "user.disabled", {}],
    ["user-disabled", { disabled: false }, "user.enabled", {}],
    ["token-issued", { hash: "***" }, "user.token", {}],
    ["token-issued", { hash: "***", token: "t1", name: "CI" }, "user.tokenNamed", { name: "CI" }],
    ["token-revoked", { token: "t1", name: "CI" }, "user.tokenRevoked", { name: "CI" }],
    ["live-chat-renamed", { name: "Sales" }, "liveChat.renamed", { name: "Sales" }],
    ["members-changed", { members: [] }, "liveChat.noMembers", {}],
    [
      "members-changed",
      { members: ["anna", "olga"] },
      "liveChat.members",
      { members: "<user-anna>, <user-olga>" },
    ],
    [
      "channel-created",
      { name: "Web", webhook: "https://m.example/", liveChat: "l1", code: "***" },
      "channel.created",
      { name: "Web", webhook: "https://m.example/", liveChat: "<livechat-l1>" },
    ],
    ["code-rotated", { code: "***", oldUntil: "soon" }, "channel.rotated", { until: "at soon" }],
    ["channel-status-changed", { status: "active" }, "channel.status", { status: "ACTIVE" }],
    [
      "channel-status-changed",
      { status: "failed", reason: { code: "gone", message: "" } },
      "channel.statusWhy",
      { status: "FAILED", reason: "because gone" },
    ],
    ["contact-forgotten", {}, "contact.forgotten", {}],
    ["reply-saved", { shortcut: "hi", text: "Hello" }, "liveChat.replySaved", { shortcut: "hi" }],
  ] as const)("%s with %o", (event, data, key, values) => {
    expect(sentences(entry("some-1", event, { ...data }), formatter)).toEqual([
      { key, values: { subject: "<some-1>", ...values } },
    ]);
  });

  it("has a sentence for each changed field", () => {
    const data = { name: "Anna", groups: ["operators"], passwordHash: "***" };
    const keys = sentences(entry("user-anna", "user-updated", data), formatter).map(({ key }) => key);
    expect(keys).toEqual(["user.renamed", "user.groups", "user.password"]);
  });

  it("does not repeat the user in the reason", () => {
    const withReason = (user: string) => {
      const reason = { code: "by_user", message: "", user };
      return sentences(entry("c-1", "channel-status-changed", { status: "deleted", reason }), formatter);
    };
    expect(withReason("admin")[0]?.key).toBe("channel.status");
    expect(withReason("anna")[0]?.key).toBe("channel.statusWhy");
  });

  it("never shows a code or a password", () => {
    const data = { name: "Anna", groups: ["operators"], passwordHash: "$argon2id$secret" };
    for (const { values } of sentences(entry("user-anna", "user-created", data), formatter))
      expect(Object.values(values).join()).not.toContain("secret");
  });

  it("of an unknown kind shows the event name", () => {
    expect(sentences(entry("some-1", "thing-happened"), formatter)).toEqual([
      { key: "other", values: { subject: "<some-1>", event: "thing-happened" } },
    ]);
  });
});

describe("names of deleted objects", () => {
  it("come from the newest entry", () => {
    const entries = [
      entry("channel-c1", "channel-updated", { name: "New" }),
      entry("channel-c1", "channel-created", { name: "Old" }),
      entry("livechat-l1", "live-chat-deleted"),
    ];
    expect([...namesFromEntries(entries)]).toEqual([["channel-c1", "New"]]);
  });
});

it("entries are grouped by day in their order", () => {
  const at = (time: string) => ({ ...entry("user-a", "token-issued"), time });
  const [late, early, before] = [
    at("2026-11-22T13:00:00Z"),
    at("2026-11-22T12:00:00Z"),
    at("2026-11-20T12:00:00Z"),
  ];
  expect(byDay([late, early, before])).toEqual([
    { at: late.time, entries: [late, early] },
    { at: before.time, entries: [before] },
  ]);
});

it("a stream is split at the first dash", () => {
  expect(parseStream("channel-0198-aa")).toEqual({ kind: "channel", id: "0198-aa" });
});
