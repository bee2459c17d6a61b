import { describe, expect, it } from "vitest";

import type { Message } from "../api/types";
import { rows } from "./rows";

const message = (position: number, createdAt: string, change: Partial<Message> = {}): Message => ({
  id: `m${position}`,
  session: "s",
  direction: "inbound",
  author: "c",
  position,
  createdAt,
  ...change,
});
const kinds = (messages: Message[]) =>
  rows(messages, "s", []).map((row) =>
    row.kind === "message" ? `${row.isFirst ? "first" : ""}${row.isLast ? "last" : ""}` : row.kind,
  );

describe("rows", () => {
  it("group messages that one author wrote in a short time", () => {
    const messages = [
      message(1, "2026-01-01T10:00:00"),
      message(2, "2026-01-01T10:01:00"),
      message(3, "2026-01-01T10:20:00"),
      message(4, "2026-01-01T10:20:10", { direction: "outbound", author: "olga" }),
    ];
    expect(kinds(messages)).toEqual(["day", "first", "last", "firstlast", "firstlast"]);
  });

  it("mark where a day and a session begin", () => {
    const messages = [
      message(1, "2026-01-01T10:00:00", { session: "before" }),
      message(2, "2026-01-02T10:00:00"),
    ];
    expect(kinds(messages)).toEqual(["day", "session", "firstlast", "day", "session", "firstlast"]);
  });

  it("use the opened event as the divider between sessions", () => {
    const opened = message(2, "2026-01-01T10:00:00", { direction: "system", event: "session-opened" });
    const messages = [message(1, "2026-01-01T10:00:00", { session: "before" }), opened];
    expect(kinds(messages)).toEqual(["day", "session", "firstlast", "session"]);
    expect(rows(messages, "s", []).at(-1)).toMatchObject({ isCurrent: true, message: opened });
  });

  it("show delayed messages at the time they were written, within their session", () => {
    const messages = [
      message(1, "2026-01-01T10:00:00", { session: "before" }),
      message(2, "2026-01-01T10:30:00", { direction: "system", event: "session-opened" }),
      message(3, "2026-01-01T10:30:00"),
      message(4, "2026-01-01T09:00:00"),
      message(5, "2026-01-01T10:30:00"),
    ];
    const found = rows(messages, "s", []).map((row) => row.kind === "message" && row.message.position);
    expect(found.filter(Boolean)).toEqual([1, 4, 3, 5]);
  });

  it("end with unsent messages", () => {
    const outgoing = { key: "k", session: "s", kind: "note" as const, text: "x", at: 0 };
    expect(rows([message(1, "2026-01-01T10:00:00")], "s", [outgoing]).at(-1)).toEqual({
      kind: "outgoing",
      key: "k",
      outgoing,
    });
  });
});
