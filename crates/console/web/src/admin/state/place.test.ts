import { describe, expect, it } from "vitest";

import { parse as parseRoute } from "../../state/route";
import { href, parse, section } from "./place";
import type { Place } from "./place";

const places: Place[] = [
  { screen: "live-chats" },
  { screen: "live-chat", id: "l1", tab: "messengers" },
  { screen: "live-chat", id: "l1", tab: "members" },
  { screen: "channel", liveChat: "l1", id: "c1" },
  { screen: "deliveries", channel: null },
  { screen: "deliveries", channel: "c1" },
  { screen: "people" },
  { screen: "users" },
  { screen: "audit", stream: null },
  { screen: "audit", stream: "channel-c1" },
];

describe("an administrator's address", () => {
  it.each(places)("leads back to $screen", (place) => {
    const route = parseRoute(href(place));
    expect(route.page === "admin" && parse(route.path)).toEqual(place);
  });

  it("leads to the live chats where it says nothing that is known", () => {
    expect(parse([])).toEqual({ screen: "live-chats" });
    expect(parse(["nonsense"])).toEqual({ screen: "live-chats" });
    expect(parse(["live-chats", "l1", "nonsense"])).toMatchObject({ tab: "messengers" });
  });

  it("belongs to the live chats for what is inside one", () => {
    expect(section({ screen: "channel", liveChat: "l1", id: "c1" })).toBe("live-chats");
    expect(section({ screen: "live-chat", id: "l1", tab: "members" })).toBe("live-chats");
    expect(section({ screen: "audit", stream: null })).toBe("audit");
  });
});
