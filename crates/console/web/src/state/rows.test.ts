import { describe, expect, it } from "vitest";

import type { Message } from "../api/types";
import { rows, writtenAt } from "./rows";

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
    expect(rows(messages, "s", []).at(-1)).toMatchObject({ session: "this", message: opened });
  });

  it("are in the order of the log, whatever the messengers' clocks say", () => {
    const accepted = (position: number, acceptedAt: string, createdAt: string) =>
      message(position, createdAt, { acceptedAt });
    const messages = [
      message(1, "2026-01-01T10:00:07.410Z", { direction: "outbound", author: "olga" }),
      accepted(2, "2026-01-01T10:00:07.900Z", "2026-01-01T10:00:07Z"),
      accepted(3, "2026-01-01T10:00:09Z", "2026-01-01T13:00:09Z"),
      accepted(4, "2026-01-01T10:00:10Z", "2026-01-01T08:00:10Z"),
      accepted(5, "2026-01-01T10:00:11Z", "2025-12-30T08:00:10Z"),
      message(6, "2026-01-01T10:00:12Z", { direction: "outbound", author: "olga" }),
    ];
    const found = rows(messages, "s", []).map((row) =>
      row.kind === "message" ? row.message.position : row.kind,
    );
    expect(found).toEqual(["day", 1, 2, 3, 4, 5, 6]);
  });

  it("tell the sessions of a person apart", () => {
    const messages = ["a", "b", "s", "b", "s"].map((session, i) =>
      message(i, "2026-01-01T10:00:00Z", { session }),
    );
    const places = rows(messages, "s", []).flatMap((row) =>
      row.kind === "session" ? [row.session] : [],
    );
    expect(places).toEqual(["earlier", "earlier", "this", "other", "this"]);
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

describe("the time when a message was written", () => {
  const acceptedAt = "2026-01-01T10:00:00Z";

  it.each([
    ["2026-01-01T09:59:00Z", null],
    ["2026-01-01T10:01:00Z", null],
    ["2026-01-01T09:58:59.999Z", Date.parse("2026-01-01T09:58:59.999Z")],
    ["2026-01-01T13:00:00Z", Date.parse("2026-01-01T13:00:00Z")],
  ])("is shown if it is more than a minute from acceptance: %s", (createdAt, shown) => {
    expect(writtenAt(message(1, createdAt, { acceptedAt }))).toBe(shown);
  });

  it("is not shown for messages without another time", () => {
    expect(writtenAt(message(1, acceptedAt))).toBeNull();
    expect(writtenAt({ ...message(1, acceptedAt), createdAt: undefined })).toBeNull();
  });
});
