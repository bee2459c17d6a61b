import { describe, expect, it } from "vitest";

import type { AuditEntry } from "../../api/audit";
import { byDay, learn, sentences, split } from "./trail";
import type { Speaker } from "./trail";

const speaker: Speaker = {
  name: (stream) => `<${stream}>`,
  group: (group) => group.toUpperCase(),
  status: (status) => status.toUpperCase(),
  reason: (words) => `because ${words}`,
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

describe("an entry of the audit trail", () => {
  it.each([
    ["user-disabled", { disabled: true }, "user.disabled", {}],
    ["user-disabled", { disabled: false }, "user.enabled", {}],
    ["token-issued", { hash: "***" }, "user.token", {}],
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
      { status: "failed", reason: "words" },
      "channel.statusWhy",
      { status: "FAILED", reason: "because words" },
    ],
    ["contact-forgotten", {}, "contact.forgotten", {}],
    ["reply-saved", { shortcut: "hi", text: "Hello" }, "liveChat.replySaved", { shortcut: "hi" }],
  ] as const)("%s with %o", (event, data, key, values) => {
    expect(sentences(entry("some-1", event, { ...data }), speaker)).toEqual([
      { key, values: { subject: "<some-1>", ...values } },
    ]);
  });

  it("has a sentence for each thing that was changed together", () => {
    const data = { name: "Anna", groups: ["operators"], passwordHash: "***" };
    const keys = sentences(entry("user-anna", "user-updated", data), speaker).map(({ key }) => key);
    expect(keys).toEqual(["user.renamed", "user.groups", "user.password"]);
  });

  it("does not say twice who it was", () => {
    const told = (reason: string) =>
      sentences(entry("c-1", "channel-status-changed", { status: "deleted", reason }), speaker);
    expect(told("by admin")[0]?.key).toBe("channel.status");
    expect(told("by anna")[0]?.key).toBe("channel.statusWhy");
  });

  it("never tells what a code or a password is", () => {
    const data = { name: "Anna", groups: ["operators"], passwordHash: "$argon2id$secret" };
    for (const { values } of sentences(entry("user-anna", "user-created", data), speaker))
      expect(Object.values(values).join()).not.toContain("secret");
  });

  it("is told by its own name where it is of a kind that is not known yet", () => {
    expect(sentences(entry("some-1", "thing-happened"), speaker)).toEqual([
      { key: "other", values: { subject: "<some-1>", event: "thing-happened" } },
    ]);
  });
});

describe("names of what is gone", () => {
  it("are those that the newest entry tells", () => {
    const entries = [
      entry("channel-c1", "channel-updated", { name: "New" }),
      entry("channel-c1", "channel-created", { name: "Old" }),
      entry("livechat-l1", "live-chat-deleted"),
    ];
    expect([...learn(entries)]).toEqual([["channel-c1", "New"]]);
  });
});

it("entries of one day stand together, in their order", () => {
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

it("a stream is its kind and its id, which may have dashes", () => {
  expect(split("channel-0198-aa")).toEqual({ kind: "channel", id: "0198-aa" });
});
