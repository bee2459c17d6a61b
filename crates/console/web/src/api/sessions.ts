import type { Api } from "./client";
import type { Channel, Contact, Id, Message, Position, Session, UserId, ViewName } from "./types";

export interface SessionPage {
  sessions: Session[];
  contacts: Contact[];
  next: string | null;
}

export interface ListArgs {
  view: ViewName;
  liveChat?: Id;
  text?: string;
  before?: string;
  limit?: number;
}

export const list = (api: Api, args: ListArgs) => api.request<SessionPage>("sessions.list", args);

export interface SessionResult {
  session: Session;
  contact?: Contact;
  channel?: Channel;
}

export const get = (api: Api, session: Id) => api.request<SessionResult>("sessions.get", { session });

export interface HistoryPage {
  /** Oldest first. */
  messages: Message[];
  /** The authors of the messages. */
  contacts?: Contact[];
  /** Session events in the range of this page, as system messages. */
  events?: Message[];
  next: Position | null;
}

/** A page of the messages in all chats of a contact. */
export const history = (api: Api, contact: Id, before?: Position, limit = 50) =>
  api.request<HistoryPage>("sessions.history", { contact, before, limit, events: true });

export const take = (api: Api, session: Id, commandId: string) =>
  api.request<SessionResult>("sessions.take", { session, commandId });

export const close = (api: Api, session: Id, commandId: string) =>
  api.request<SessionResult>("sessions.close", { session, commandId });

/** Opens a closed session again, assigned to the caller or in the queue. */
export const reopen = (api: Api, session: Id, queue: boolean, commandId: string) =>
  api.request<SessionResult>("sessions.reopen", { session, ...(queue && { queue }), commandId });

export type TransferTo = { to: UserId } | { queue: true };

export const transfer = (api: Api, session: Id, to: TransferTo, note: string, commandId: string) =>
  api.request<SessionResult>("sessions.transfer", { session, ...to, note, commandId });

/** A chat of a contact, in the details of `chat_ambiguous`. */
export interface Chat {
  externalChatId: string;
  chatName?: string;
}

/** A known contact, or a person by their ids at the messenger. */
export type Recipient = { contact: Id } | { externalChatId: string; externalUserId: string };

export const create = (api: Api, channel: Id, recipient: Recipient, text: string, commandId: string) =>
  api.request<SessionResult>("sessions.create", { channel, ...recipient, text, commandId });
