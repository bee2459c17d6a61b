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
