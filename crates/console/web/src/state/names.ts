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

/** Who wrote a message; the session that it is shown in may know more than the message's own. */
export function authorName(desk: Desk, message: Message, shownIn: Session | undefined): string {
  if (message.direction !== "inbound") return userName(desk, message.author);
  const isOfSession = message.author === shownIn?.contact;
  return contactName(desk.contacts.get(message.author ?? ""), isOfSession ? shownIn : undefined);
}
