import { describe, expect, it } from "vitest";

import { parse as parseRoute } from "../../state/route";
import { href, parse, sectionOf } from "./admin-route";
import type { AdminRoute } from "./admin-route";

const routes: AdminRoute[] = [
  { screen: "live-chats" },
  { screen: "live-chat", id: "l1", tab: "messengers" },
  { screen: "live-chat", id: "l1", tab: "members" },
  { screen: "channel", liveChat: "l1", id: "c1" },
  { screen: "deliveries", channel: null },
  { screen: "deliveries", channel: "c1" },
  { screen: "contacts" },
  { screen: "users" },
  { screen: "audit", stream: null },
  { screen: "audit", stream: "channel-c1" },
];

describe("a route of the administration", () => {
  it.each(routes)("is restored from the URL: $screen", (adminRoute) => {
    const route = parseRoute(href(adminRoute));
    expect(route.page === "admin" && parse(route.path)).toEqual(adminRoute);
  });

  it("defaults to the live chats", () => {
    expect(parse([])).toEqual({ screen: "live-chats" });
    expect(parse(["nonsense"])).toEqual({ screen: "live-chats" });
    expect(parse(["live-chats", "l1", "nonsense"])).toMatchObject({ tab: "messengers" });
  });

  it("of a channel belongs to the section of live chats", () => {
    expect(sectionOf({ screen: "channel", liveChat: "l1", id: "c1" })).toBe("live-chats");
    expect(sectionOf({ screen: "live-chat", id: "l1", tab: "members" })).toBe("live-chats");
    expect(sectionOf({ screen: "audit", stream: null })).toBe("audit");
  });
});
