/** Routes of the administration, in the URL fragment after `#/admin/`. */
import type { Id } from "../../api/types";
import { format } from "../../state/route";

export type AdminSection = "live-chats" | "deliveries" | "contacts" | "users" | "audit";
export const SECTIONS: readonly AdminSection[] = [
  "live-chats",
  "deliveries",
  "contacts",
  "users",
  "audit",
];

export type LiveChatTab = "messengers" | "members";

export type AdminRoute =
  | { screen: "live-chats" }
  | { screen: "live-chat"; id: Id; tab: LiveChatTab }
  | { screen: "channel"; liveChat: Id; id: Id }
  | { screen: "deliveries"; channel: Id | null }
  | { screen: "contacts" }
  | { screen: "users" }
  | { screen: "audit"; stream: string | null };

export function parse([section, first, second, third]: readonly string[]): AdminRoute {
  switch (section) {
    case "deliveries":
      return { screen: "deliveries", channel: first ?? null };
    case "audit":
      return { screen: "audit", stream: first ?? null };
    case "contacts":
    case "users":
      return { screen: section };
    default:
      if (!first) return { screen: "live-chats" };
      if (second === "messengers" && third)
        return { screen: "channel", liveChat: first, id: third };
      return { screen: "live-chat", id: first, tab: second === "members" ? second : "messengers" };
  }
}

/** The navigation entry of a route. */
export const sectionOf = (route: AdminRoute): AdminSection =>
  route.screen === "live-chat" || route.screen === "channel" ? "live-chats" : route.screen;

export function path(route: AdminRoute): string[] {
  switch (route.screen) {
    case "live-chat":
      return ["live-chats", route.id, route.tab];
    case "channel":
      return ["live-chats", route.liveChat, "messengers", route.id];
    case "deliveries":
      return ["deliveries", ...(route.channel ? [route.channel] : [])];
    case "audit":
      return ["audit", ...(route.stream ? [route.stream] : [])];
    default:
      return [route.screen];
  }
}

export const href = (route: AdminRoute) => format({ page: "admin", path: path(route) });
