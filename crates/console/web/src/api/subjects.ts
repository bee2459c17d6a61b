/** The NATS subjects that the page uses. */
import type { Id, UserId } from "./types";

export const inboxPrefix = (user: UserId) => `_INBOX.${user}`;

export const method = (workspace: string, user: UserId, name: string) =>
  `sb.${workspace}.api.${user}.${name}`;

export const feedOf = (workspace: string, liveChat: Id) => `sb.${workspace}.feed.${liveChat}.>`;

/** For supervisors and administrators. */
export const everyFeed = (workspace: string) => `sb.${workspace}.feed.>`;

/** For administrators. */
export const audit = (workspace: string) => `sb.${workspace}.audit.>`;

/** The last token of a subject. */
export const eventName = (subject: string) => subject.slice(subject.lastIndexOf(".") + 1);
