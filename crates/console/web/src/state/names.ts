/** What people and things are called where their names may not be known. */
import type { Contact, Message, Session, UserId } from "../api/types";
import type { Desk } from "./tables";

export const contactName = (contact: Contact | undefined, session?: Session): string =>
  given(contact) || session?.chatName || contact?.phoneNumber || contact?.externalUserId || "…";

/** Some messengers repeat the id where the name should be. */
const given = (contact: Contact | undefined) =>
  contact?.username === contact?.externalUserId ? undefined : contact?.username;

export function userName(desk: Desk, user: UserId | undefined): string {
  if (!user) return "…";
  if (desk.me?.id === user) return desk.me.name;
  return desk.people.get(user)?.name ?? user;
}

/** Who wrote a message. */
export function authorName(desk: Desk, message: Message): string {
  if (message.direction !== "inbound") return userName(desk, message.author);
  return contactName(desk.contacts.get(message.author ?? ""), desk.sessions.get(message.session));
}
