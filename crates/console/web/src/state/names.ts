/** Display names of contacts, sessions and users. */
import type { Contact, Message, Session, UserId } from "../api/types";
import { ordered } from "../text/bidi";
import { visible } from "../text/visible";
import type { Desk } from "./tables";

/** What a name shows, in an order that does not reach beyond it. */
const shown = (name: string | undefined) => {
  const seen = visible(name);
  return seen && ordered(seen);
};

export const contactName = (contact: Contact | undefined, session?: Session): string =>
  usernameOf(contact) ??
  (session?.group ? undefined : chatNameOf(session)) ??
  shown(contact?.phoneNumber) ??
  shown(contact?.externalUserId) ??
  "…";

/** Some messengers send the id as the name. */
const usernameOf = (contact: Contact | undefined) =>
  contact?.username === contact?.externalUserId ? undefined : shown(contact?.username);

const chatNameOf = (session: Session | undefined) =>
  session?.chatName === session?.externalChatId ? undefined : shown(session?.chatName);

/** The name of a conversation: its own, or that of its contact. */
export const sessionName = (desk: Desk, session: Session | undefined): string =>
  chatNameOf(session) ?? contactName(desk.contacts.get(session?.contact ?? ""), session);

/** The text whose initials an avatar shows: none for a name that cannot be seen. */
export const avatarName = (contact: Contact | undefined, name: string): string =>
  contact?.username && !visible(contact.username) ? "" : name;

export function userName(desk: Desk, user: UserId | undefined): string {
  if (!user) return "…";
  if (desk.me?.id === user) return desk.me.name;
  return desk.people.get(user)?.name ?? user;
}

/** The contact with this id. `shownIn` may have the chat's name if the contact has none. */
export function personName(desk: Desk, id: string | undefined, shownIn: Session | undefined): string {
  const isOfSession = id === shownIn?.contact;
  return contactName(desk.contacts.get(id ?? ""), isOfSession ? shownIn : undefined);
}

/** The author of a message. */
export function authorName(desk: Desk, message: Message, shownIn: Session | undefined): string {
  if (message.direction !== "inbound") return userName(desk, message.author);
  return personName(desk, message.author, shownIn);
}
