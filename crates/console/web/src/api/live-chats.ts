/** Managing live chats. For administrators. */
import type { Api } from "./client";
import type { Id, LiveChat, UserId } from "./types";

export const create = (api: Api, name: string, users: UserId[], commandId: string) =>
  api.request<{ liveChat: LiveChat }>("live-chats.create", { name, users, commandId });

export const rename = (api: Api, liveChat: Id, name: string, commandId: string) =>
  api.request("live-chats.rename", { liveChat, name, commandId });

/** With `force` its channels are deleted too. */
export const remove = (api: Api, liveChat: Id, force: boolean, commandId: string) =>
  api.request("live-chats.delete", { liveChat, force, commandId });

/** Replaces the list of members. */
export const setMembers = (api: Api, liveChat: Id, users: UserId[], commandId: string) =>
  api.request("live-chats.members", { liveChat, users, commandId });
