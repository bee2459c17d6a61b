/** The first steps of a new workspace. */
import type { Channel, Id, LiveChat } from "../../api/types";
import type { AdminRoute } from "./admin-route";

export type StepName = "liveChat" | "people" | "messenger" | "test";

export interface Step {
  readonly name: StepName;
  readonly isDone: boolean;
  /** Where it is done; the last one is done at the messenger. */
  readonly route?: AdminRoute;
}

interface Workspace {
  readonly liveChats: ReadonlyMap<Id, LiveChat>;
  readonly channels: ReadonlyMap<Id, Channel>;
}

/** The steps in order. `hasSessions`: whether any contact has ever written. */
export function steps({ liveChats, channels }: Workspace, hasSessions: boolean): Step[] {
  const [first] = liveChats.values();
  const members = [...liveChats.values()].flatMap(({ members }) => members);
  const isConnected = [...channels.values()].some(({ verified }) => verified !== null);
  const of = (tab: "members" | "messengers"): AdminRoute =>
    first ? { screen: "live-chat", id: first.id, tab } : { screen: "live-chats" };
  return [
    { name: "liveChat", isDone: liveChats.size > 0, route: { screen: "live-chats" } },
    { name: "people", isDone: members.length > 0, route: first ? of("members") : { screen: "users" } },
    { name: "messenger", isDone: isConnected, route: of("messengers") },
    { name: "test", isDone: hasSessions },
  ];
}

export const isComplete = (all: readonly Step[]) => all.every(({ isDone }) => isDone);
