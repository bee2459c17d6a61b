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
  it("runs out by itself", () => {
    const all: presence.Presence = new Map();
    presence.heard(all, "typing", signal("s", "olga"), 1_000);
    expect(presence.anyExpired(all, 6_999)).toBe(false);
    expect(presence.anyExpired(all, 7_000)).toBe(true);
    presence.expire(all, 7_000);
    expect(all.size).toBe(0);
  });

  it("has each colleague look at one session", () => {
    const all: presence.Presence = new Map();
    presence.heard(all, "viewing", signal("a", "olga"), 0);
    presence.heard(all, "viewing", signal("b", "olga"), 0);
    expect(sessionsOf(all)).toEqual(["b"]);
  });

  it("ends when it is said to, and only where it was", () => {
    const all: presence.Presence = new Map();
    presence.heard(all, "viewing", signal("b", "olga"), 0);
    presence.heard(all, "viewing", signal("a", "olga", true), 0);
    expect(sessionsOf(all)).toEqual(["b"]);
    presence.heard(all, "viewing", signal("b", "olga", true), 0);
    expect(sessionsOf(all)).toEqual([]);
  });

  it("does not show one to oneself", () => {
    const all: presence.Presence = new Map();
    presence.heard(all, "viewing", signal("a", "me"), 0);
    expect(sessionsOf(all)).toEqual([]);
  });

  it("of who types ends with what was written", () => {
    const all: presence.Presence = new Map();
    presence.heard(all, "typing", signal("a", "olga"), 0);
    presence.wrote(all, "a", "olga");
    expect(all.size).toBe(0);
  });
});
