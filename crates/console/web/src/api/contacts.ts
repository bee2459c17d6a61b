import type { Api } from "./client";
import type { Contact, Id, Session } from "./types";

export interface ContactDetails {
  contact: Contact;
  /** The contact's sessions, newest first. */
  sessions?: Session[];
}

export const get = (api: Api, contact: Id) =>
  api.request<ContactDetails>("contacts.get", { contact });

export const search = (api: Api, channel: Id, text: string) =>
  api.request<{ contacts: Contact[] }>("contacts.list", { channel, text, limit: 20 });

export interface ContactPage {
  /** Newest first. A page may be short or empty without being the last one. */
  contacts: Contact[];
  next: Id | null;
}

export const list = (api: Api, filter: { channel?: Id; text?: string }, before?: Id) =>
  api.request<ContactPage>("contacts.list", { ...filter, before });

/** Erases a contact's messages and profile permanently. For administrators. */
export const erase = (api: Api, contact: Id, commandId: string) =>
  api.request<{ contact: Contact }>("contacts.forget", { contact, commandId });
