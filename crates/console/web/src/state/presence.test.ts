import { describe, expect, it } from "vitest";

import * as presence from "./presence";

const signal = (session: string, user: string, ended?: boolean) => ({
  session,
  user,
  until: "",
  ...(ended && { ended }),
});
const sessionsOf = (all: presence.Presence) => [...presence.bySession(all, "me").keys()];

describe("presence", () => {
  it("expires", () => {
    const all: presence.Presence = new Map();
    presence.apply(all, "typing", signal("s", "olga"), 1_000);
    expect(presence.anyExpired(all, 6_999)).toBe(false);
    expect(presence.anyExpired(all, 7_000)).toBe(true);
    presence.expire(all, 7_000);
    expect(all.size).toBe(0);
  });

  it("has each colleague viewing one session", () => {
    const all: presence.Presence = new Map();
    presence.apply(all, "viewing", signal("a", "olga"), 0);
    presence.apply(all, "viewing", signal("b", "olga"), 0);
    expect(sessionsOf(all)).toEqual(["b"]);
  });

  it("ends by a signal for the same session", () => {
    const all: presence.Presence = new Map();
    presence.apply(all, "viewing", signal("b", "olga"), 0);
    presence.apply(all, "viewing", signal("a", "olga", true), 0);
    expect(sessionsOf(all)).toEqual(["b"]);
    presence.apply(all, "viewing", signal("b", "olga", true), 0);
    expect(sessionsOf(all)).toEqual([]);
  });

  it("does not include the user", () => {
    const all: presence.Presence = new Map();
    presence.apply(all, "viewing", signal("a", "me"), 0);
    expect(sessionsOf(all)).toEqual([]);
  });

  it("of a typing user ends when the message arrives", () => {
    const all: presence.Presence = new Map();
    presence.apply(all, "typing", signal("a", "olga"), 0);
    presence.stopTyping(all, "a", "olga");
    expect(all.size).toBe(0);
  });
});
