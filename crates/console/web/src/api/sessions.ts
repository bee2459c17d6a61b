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

export const list = (api: Api, args: ListArgs) => api.ask<SessionPage>("sessions.list", args);

export interface SessionAnswer {
  session: Session;
  contact?: Contact;
  channel?: Channel;
}

export const get = (api: Api, session: Id) => api.ask<SessionAnswer>("sessions.get", { session });

export interface HistoryPage {
  /** Oldest first. */
  messages: Message[];
  /** What happened to the sessions of this page, as system lines. */
  events?: Message[];
  next: Position | null;
}

/** Of a session and those before it on the same chat, or of a person. */
export type HistoryOf = { session: Id } | { contact: Id };

export const history = (api: Api, of: HistoryOf, before?: Position, limit = 50) =>
  api.ask<HistoryPage>("sessions.history", { ...of, before, limit, events: true });

export const take = (api: Api, session: Id, commandId: string) =>
  api.ask<SessionAnswer>("sessions.take", { session, commandId });

export const close = (api: Api, session: Id, commandId: string) =>
  api.ask<SessionAnswer>("sessions.close", { session, commandId });

export type TransferTo = { to: UserId } | { queue: true };

export const transfer = (api: Api, session: Id, to: TransferTo, note: string, commandId: string) =>
  api.ask<SessionAnswer>("sessions.transfer", { session, ...to, note, commandId });

/** A person who is known, or the messenger's ids of one who is not. */
export type Whom = { contact: Id } | { externalChatId: string; externalUserId: string };

export const create = (api: Api, channel: Id, whom: Whom, text: string, commandId: string) =>
  api.ask<SessionAnswer>("sessions.create", { channel, ...whom, text, commandId });
