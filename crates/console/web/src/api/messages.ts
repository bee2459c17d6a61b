import type { Api } from "./client";
import type { Id, Message, Position } from "./types";

export interface Written {
  messageId: Id;
  position: Position;
  message?: Message;
}

export interface Outbound {
  session: Id;
  text: string;
  replyTo?: Id;
}

export const send = (api: Api, message: Outbound, commandId: string) =>
  api.request<Written>("messages.send", { ...message, commandId });

export const note = (api: Api, session: Id, text: string, commandId: string) =>
  api.request<Written>("messages.note", { session, text, commandId });

export const read = (api: Api, session: Id, upTo: Id) =>
  api.request("messages.read", { session, upTo });

export const retry = (api: Api, message: Id, commandId: string) =>
  api.request("messages.retry", { message, commandId });
