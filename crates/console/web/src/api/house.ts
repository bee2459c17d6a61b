/** Who one is, and what one works with: `me`, live chats, channels, canned replies. */
import type { Api } from "./client";
import type { Channel, Id, LiveChat, Me, Person, Reply } from "./types";

export const me = (api: Api) => api.ask<Me>("me");

export interface LiveChats {
  liveChats: LiveChat[];
  /** Colleagues of these live chats. */
  people?: Person[];
}

export const liveChats = (api: Api) => api.ask<LiveChats>("live-chats.list");

export const channels = (api: Api) => api.ask<{ channels: Channel[] }>("channels.list");

export const replies = (api: Api, liveChat: Id) =>
  api.ask<{ replies: Reply[] }>("replies.list", { liveChat });

type ReplyWords = Pick<Reply, "shortcut" | "text">;

export const createReply = (api: Api, liveChat: Id, words: ReplyWords, commandId: string) =>
  api.ask("replies.create", { liveChat, ...words, commandId });

export const updateReply = (api: Api, { id, ...rest }: Reply, commandId: string) =>
  api.ask("replies.update", { reply: id, ...rest, commandId });

export const deleteReply = (api: Api, { id, liveChat }: Reply, commandId: string) =>
  api.ask("replies.delete", { reply: id, liveChat, commandId });
