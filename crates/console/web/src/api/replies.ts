/** Canned replies. */
import type { Api } from "./client";
import type { Id, Reply } from "./types";

type ReplyFields = Pick<Reply, "shortcut" | "text">;

export const list = (api: Api, liveChat: Id) =>
  api.request<{ replies: Reply[] }>("replies.list", { liveChat });

export const create = (api: Api, liveChat: Id, fields: ReplyFields, commandId: string) =>
  api.request("replies.create", { liveChat, ...fields, commandId });

export const update = (api: Api, { id, ...fields }: Reply, commandId: string) =>
  api.request("replies.update", { reply: id, ...fields, commandId });

export const remove = (api: Api, { id, liveChat }: Reply, commandId: string) =>
  api.request("replies.delete", { reply: id, liveChat, commandId });
