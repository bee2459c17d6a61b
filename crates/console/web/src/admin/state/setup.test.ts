import { expect, it } from "vitest";

import type { Channel, LiveChat } from "../../api/types";
import { isComplete, steps } from "./setup";

const liveChat = (members: string[]) => ({ id: "l1", name: "Support", members }) as LiveChat;
const channel = (verified: Channel["verified"]) => ({ id: "c1", liveChat: "l1", verified }) as Channel;
const of = (liveChats: LiveChat[], channels: Channel[]) => ({
  liveChats: new Map(liveChats.map((one) => [one.id, one])),
  channels: new Map(channels.map((one) => [one.id, one])),
});
const done = (workspace: ReturnType<typeof of>, hasSessions = false) =>
  steps(workspace, hasSessions).flatMap(({ name, isDone }) => (isDone ? [name] : []));

it("a new workspace has everything left to do", () => {
  expect(done(of([], []))).toEqual([]);
});

it("each step is done by what it asks for", () => {
  expect(done(of([liveChat([])], []))).toEqual(["liveChat"]);
  expect(done(of([liveChat(["olga"])], []))).toEqual(["liveChat", "people"]);
  expect(done(of([liveChat(["olga"])], [channel(null)]))).toEqual(["liveChat", "people"]);
  const connected = of([liveChat(["olga"])], [channel("status")]);
  expect(done(connected)).toEqual(["liveChat", "people", "messenger"]);
  expect(isComplete(steps(connected, false))).toBe(false);
  expect(isComplete(steps(connected, true))).toBe(true);
});

it("the steps lead to the live chat once there is one", () => {
  const routes = (workspace: ReturnType<typeof of>) =>
    steps(workspace, false).map(({ route }) => route && `${route.screen} ${"tab" in route ? route.tab : ""}`);
  expect(routes(of([], []))).toEqual(["live-chats ", "users ", "live-chats ", undefined]);
  expect(routes(of([liveChat([])], []))).toEqual([
    "live-chats ",
    "live-chat members",
    "live-chat messengers",
    undefined,
  ]);
});
