import { describe, expect, it } from "vitest";

import type { Session } from "../api/types";
import { olga } from "./recorded";
import { NO_FILTER, counts, list } from "./views";

const session = (id: string, change: Partial<Session> = {}): Session => ({
  id,
  liveChat: "l",
  channel: "ch",
  contact: `c${id}`,
  externalChatId: id,
  status: "queued",
  openedBy: "user",
  openedAt: "2026-01-01T00:00:00Z",
  unread: 0,
  ...change,
});
const ids = (sessions: Session[], view: Parameters<typeof list>[1], filter = NO_FILTER) =>
  list(sessions, view, olga, filter, new Map()).map(({ id }) => id);
const at = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`;

describe("a view", () => {
  it("has who waits longest first, and who waits for nobody last", () => {
    const all = [
      session("a", { waitingSince: at(5) }),
      session("b"),
      session("c", { waitingSince: at(2) }),
    ];
    expect(ids(all, "queue")).toEqual(["c", "a", "b"]);
  });

  it("of one's own has what happened last first", () => {
    const mine = { status: "assigned" as const, operator: "olga" };
    const spoken = (minute: number) => ({
      ...mine,
      lastMessage: { id: "m", direction: "inbound" as const, createdAt: at(minute) },
    });
    expect(ids([session("a", spoken(1)), session("b", spoken(9))], "mine")).toEqual(["b", "a"]);
  });

  it("of what is closed has the last that ended first", () => {
    const closed = (minute: number) => ({ status: "closed" as const, closedAt: at(minute) });
    expect(ids([session("a", closed(1)), session("b", closed(2))], "closed")).toEqual(["b", "a"]);
  });

  it("is narrowed by live chat and by text, in any case", () => {
    const all = [
      session("a", { chatName: "Мария" }),
      session("b", { chatName: "МАРИЯ", liveChat: "other" }),
      session("c"),
    ];
    expect(ids(all, "queue", { liveChat: null, text: " мари " })).toEqual(["a", "b"]);
    expect(ids(all, "queue", { liveChat: "l", text: "мари" })).toEqual(["a"]);
  });
});

describe("counts", () => {
  it("tell a colleague's sessions from one's own", () => {
    const all = [
      session("a", { unread: 2 }),
      session("b", { status: "assigned", operator: "olga", unread: 3 }),
      session("c", { status: "assigned", operator: "ivan", unread: 4 }),
    ];
    expect(counts(all, olga)).toMatchObject({
      queue: { sessions: 1, unread: 2 },
      mine: { sessions: 1, unread: 3 },
      active: { sessions: 2, unread: 7 },
    });
  });
});
