import { describe, expect, it } from "vitest";

import type { Message } from "../api/types";
import { rows } from "./rows";

const line = (position: number, createdAt: string, change: Partial<Message> = {}): Message => ({
  id: `m${position}`,
  session: "s",
  direction: "inbound",
  author: "c",
  position,
  createdAt,
  ...change,
});
const kinds = (lines: Message[]) =>
  rows(lines, "s", []).map((row) =>
    row.kind === "message" ? `${row.isFirst ? "first" : ""}${row.isLast ? "last" : ""}` : row.kind,
  );

describe("rows", () => {
  it("group what one author wrote in a short time", () => {
    const lines = [
      line(1, "2026-01-01T10:00:00"),
      line(2, "2026-01-01T10:01:00"),
      line(3, "2026-01-01T10:20:00"),
      line(4, "2026-01-01T10:20:10", { direction: "outbound", author: "olga" }),
    ];
    expect(kinds(lines)).toEqual(["day", "first", "last", "firstlast", "firstlast"]);
  });

  it("say where another day and where another session begins", () => {
    const lines = [
      line(1, "2026-01-01T10:00:00", { session: "before" }),
      line(2, "2026-01-02T10:00:00"),
    ];
    expect(kinds(lines)).toEqual(["day", "session", "firstlast", "day", "session", "firstlast"]);
  });

  it("tell how a session began where the one before it ends", () => {
    const opened = line(2, "2026-01-01T10:00:00", { direction: "system", event: "session-opened" });
    const lines = [line(1, "2026-01-01T10:00:00", { session: "before" }), opened];
    expect(kinds(lines)).toEqual(["day", "session", "firstlast", "session"]);
    expect(rows(lines, "s", []).at(-1)).toMatchObject({ isThis: true, line: opened });
  });

  it("show what a messenger kept at the time when it was written, within its session", () => {
    const lines = [
      line(1, "2026-01-01T10:00:00", { session: "before" }),
      line(2, "2026-01-01T10:30:00", { direction: "system", event: "session-opened" }),
      line(3, "2026-01-01T10:30:00"),
      line(4, "2026-01-01T09:00:00"),
      line(5, "2026-01-01T10:30:00"),
    ];
    const found = rows(lines, "s", []).map((row) => row.kind === "message" && row.message.position);
    expect(found.filter(Boolean)).toEqual([1, 4, 3, 5]);
  });

  it("have what is not sent yet at their end", () => {
    const outgoing = { key: "k", session: "s", kind: "note" as const, text: "x", at: 0 };
    expect(rows([line(1, "2026-01-01T10:00:00")], "s", [outgoing]).at(-1)).toEqual({
      kind: "outgoing",
      key: "k",
      outgoing,
    });
  });
});
