/** The signed-in user, and the live chats, colleagues and channels they see. */
import type { Api } from "./client";
import type { Channel, LiveChat, Me, Person } from "./types";

export const me = (api: Api) => api.request<Me>("me");

export interface LiveChats {
  liveChats: LiveChat[];
  /** Colleagues in these live chats. */
  people?: Person[];
}

export const liveChats = (api: Api) => api.request<LiveChats>("live-chats.list");

export const channels = (api: Api) => api.request<{ channels: Channel[] }>("channels.list");
