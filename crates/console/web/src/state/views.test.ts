import { describe, expect, it } from "vitest";

import type { Session } from "../api/types";
import { olga } from "./recorded";
import { NO_FILTER, counts, isFiltering, sessionsInView } from "./views";
import type { MineOrder } from "./views";

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
const ids = (sessions: Session[], view: Parameters<typeof sessionsInView>[1], filter = NO_FILTER) =>
  sessionsInView(sessions, view, olga, filter, new Map()).map(({ id }) => id);
const at = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`;

describe("a view", () => {
  it("lists the longest waiting first and those not waiting last", () => {
    const all = [
      session("a", { waitingSince: at(5) }),
      session("b"),
      session("c", { waitingSince: at(2) }),
    ];
    expect(ids(all, "queue")).toEqual(["c", "a", "b"]);
  });

  it("of the operator's sessions lists the longest unanswered first, or the last active", () => {
    const mine = (direction: "inbound" | "outbound", minute: number, waiting?: number) => ({
      status: "assigned" as const,
      operator: "olga",
      lastMessage: { id: "m", direction, createdAt: at(minute) },
      ...(waiting && { waitingSince: at(waiting) }),
    });
    const all = [
      session("answered", mine("outbound", 30)),
      session("waits long", mine("inbound", 28, 4)),
      session("waits", mine("inbound", 29, 20)),
      session("answered before", mine("outbound", 10)),
    ];
    const sorted = (order?: MineOrder) =>
      sessionsInView(all, "mine", olga, NO_FILTER, new Map(), order).map(({ id }) => id);
    expect(sorted()).toEqual(["waits long", "waits", "answered", "answered before"]);
    expect(sorted("activity")).toEqual(["answered", "waits", "waits long", "answered before"]);
  });

  it("is sorted by when messages were accepted, whatever the messenger's clock says", () => {
    const message = (createdAt: string, acceptedAt: string) => ({
      status: "assigned" as const,
      operator: "olga",
      lastMessage: { id: "m", direction: "inbound" as const, createdAt, acceptedAt },
    });
    const [ahead, late] = [message(at(59), at(1)), message(at(0), at(9))];
    expect(ids([session("a", ahead), session("b", late)], "mine")).toEqual(["b", "a"]);
  });

  it("of closed sessions lists the last closed first", () => {
    const closed = (minute: number) => ({ status: "closed" as const, closedAt: at(minute) });
    expect(ids([session("a", closed(1)), session("b", closed(2))], "closed")).toEqual(["b", "a"]);
  });

  it("is filtered by live chat and by text, ignoring case", () => {
    const all = [
      session("a", { chatName: "Мария" }),
      session("b", { chatName: "МАРИЯ", liveChat: "other" }),
      session("c"),
    ];
    expect(ids(all, "queue", { ...NO_FILTER, text: " мари " })).toEqual(["a", "b"]);
    expect(ids(all, "queue", { ...NO_FILTER, liveChat: "l", text: "мари" })).toEqual(["a"]);
  });
});

it("the filter for failed messages keeps sessions that have some", () => {
  const all = [session("a", { failed: 1 }), session("b", { failed: 0 }), session("c")];
  expect(ids(all, "queue", { ...NO_FILTER, failed: true })).toEqual(["a"]);
});

describe("a filter", () => {
  it.each([{ text: "a" }, { liveChat: "l" }, { failed: true }])("hides sessions: %j", (change) => {
    expect(isFiltering({ ...NO_FILTER, ...change })).toBe(true);
    expect(isFiltering({ ...NO_FILTER, text: " " })).toBe(false);
  });

  it.each([
    ["Zoe\u0301", "zoé"],
    ["Семён", "семен"],
    ["Straße", "STRASSE"],
    ["Ａｎｎ", "ann"],
  ])("finds %j by %j", (chatName, text) => {
    const all = [session("a", { chatName }), session("b")];
    expect(ids(all, "queue", { ...NO_FILTER, text })).toEqual(["a"]);
  });

  it("does not find what begins in one text and ends in another", () => {
    const all = [session("ann", { chatName: "lee" })];
    expect(ids(all, "queue", { ...NO_FILTER, text: "ann lee" })).toEqual([]);
  });
});

describe("counts", () => {
  it("separate the operator's sessions from colleagues'", () => {
    const all = [
      session("a", { unread: 2 }),
      session("b", { status: "assigned", operator: "olga", unread: 3, failed: 2 }),
      session("c", { status: "assigned", operator: "ivan", unread: 4 }),
    ];
    expect(counts(all, olga)).toMatchObject({
      queue: { sessions: 1, unread: 2, failed: 0 },
      mine: { sessions: 1, unread: 3, failed: 1 },
      active: { sessions: 2, unread: 7 },
    });
  });
});
