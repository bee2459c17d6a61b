/** What administrators do with live chats. */
import type { Api } from "./client";
import type { Id, LiveChat, UserId } from "./types";

export const create = (api: Api, name: string, users: UserId[], commandId: string) =>
  api.ask<{ liveChat: LiveChat }>("live-chats.create", { name, users, commandId });

export const rename = (api: Api, liveChat: Id, name: string, commandId: string) =>
  api.ask("live-chats.rename", { liveChat, name, commandId });

/** With `force` its channels go too. */
export const remove = (api: Api, liveChat: Id, force: boolean, commandId: string) =>
  api.ask("live-chats.delete", { liveChat, force, commandId });

/** `users` is the whole new list. */
export const members = (api: Api, liveChat: Id, users: UserId[], commandId: string) =>
  api.ask("live-chats.members", { liveChat, users, commandId });
