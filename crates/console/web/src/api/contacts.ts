import type { Api } from "./client";
import type { Contact, Id, Session } from "./types";

export interface ContactAnswer {
  contact: Contact;
  /** The person's sessions, newest first. */
  sessions?: Session[];
}

export const get = (api: Api, contact: Id) =>
  api.ask<ContactAnswer>("contacts.get", { contact });

export const search = (api: Api, channel: Id, text: string) =>
  api.ask<{ contacts: Contact[] }>("contacts.list", { channel, text, limit: 20 });

export interface ContactPage {
  /** The newest first; a page may be short, even empty, and not be the last. */
  contacts: Contact[];
  next: Id | null;
}

export const list = (api: Api, filter: { channel?: Id; text?: string }, before?: Id) =>
  api.ask<ContactPage>("contacts.list", { ...filter, before });

/** Erases a person's words and profile for good. For administrators. */
export const forget = (api: Api, contact: Id, commandId: string) =>
  api.ask<{ contact: Contact }>("contacts.forget", { contact, commandId });
