/** Display names of contacts and users. */
import type { Contact, Message, Session, UserId } from "../api/types";
import type { Desk } from "./tables";

export const contactName = (contact: Contact | undefined, session?: Session): string =>
  usernameOf(contact) || session?.chatName || contact?.phoneNumber || contact?.externalUserId || "…";

/** Some messengers send the id as the name. */
const usernameOf = (contact: Contact | undefined) =>
  contact?.username === contact?.externalUserId ? undefined : contact?.username;

export function userName(desk: Desk, user: UserId | undefined): string {
  if (!user) return "…";
  if (desk.me?.id === user) return desk.me.name;
  return desk.people.get(user)?.name ?? user;
}

/** The author of a message. `shownIn` may have the chat's name if the contact has none. */
export function authorName(desk: Desk, message: Message, shownIn: Session | undefined): string {
  if (message.direction !== "inbound") return userName(desk, message.author);
  const isOfSession = message.author === shownIn?.contact;
  return contactName(desk.contacts.get(message.author ?? ""), isOfSession ? shownIn : undefined);
}
