/** Where one is among the administrator's screens, as the address says behind `#/admin/`. Pure. */
import type { Id } from "../../api/types";
import { format } from "../../state/route";

export type Section = "live-chats" | "deliveries" | "people" | "users" | "audit";
export const SECTIONS: readonly Section[] = [
  "live-chats",
  "deliveries",
  "people",
  "users",
  "audit",
];

export type LiveChatTab = "messengers" | "members";

export type Place =
  | { screen: "live-chats" }
  | { screen: "live-chat"; id: Id; tab: LiveChatTab }
  | { screen: "channel"; liveChat: Id; id: Id }
  | { screen: "deliveries"; channel: Id | null }
  | { screen: "people" }
  | { screen: "users" }
  | { screen: "audit"; stream: string | null };

export function parse([section, first, second, third]: readonly string[]): Place {
  switch (section) {
    case "deliveries":
      return { screen: "deliveries", channel: first ?? null };
    case "audit":
      return { screen: "audit", stream: first ?? null };
    case "people":
    case "users":
      return { screen: section };
    default:
      if (!first) return { screen: "live-chats" };
      if (second === "messengers" && third)
        return { screen: "channel", liveChat: first, id: third };
      return { screen: "live-chat", id: first, tab: second === "members" ? second : "messengers" };
  }
}

/** Which entry of the navigation is the current one. */
export const section = (place: Place): Section =>
  place.screen === "live-chat" || place.screen === "channel" ? "live-chats" : place.screen;

export function path(place: Place): string[] {
  switch (place.screen) {
    case "live-chat":
      return ["live-chats", place.id, place.tab];
    case "channel":
      return ["live-chats", place.liveChat, "messengers", place.id];
    case "deliveries":
      return ["deliveries", ...(place.channel ? [place.channel] : [])];
    case "audit":
      return ["audit", ...(place.stream ? [place.stream] : [])];
    default:
      return [place.screen];
  }
}

export const href = (place: Place) => format({ page: "admin", path: path(place) });
