/** The objects of the console API (console-api, section 5). */

/** A UUID in lower case. */
export type Id = string;
/** A login. */
export type UserId = string;
/** RFC 3339 in UTC with microseconds, so that times compare as strings. */
export type Time = string;
/** A position in the log. */
export type Position = number;

export type Group = "administrators" | "supervisors" | "operators" | "readers";
export type ViewName = "queue" | "mine" | "active" | "closed";
export type SessionStatus = "queued" | "assigned" | "closed";
export type ChannelStatus =
  | "pending"
  | "active"
  | "disconnected"
  | "interrupted"
  | "failed"
  | "deleted";
export type DeliveryState =
  | "queued"
  | "sending"
  | "accepted"
  | "delivered"
  | "read"
  | "failed"
  | "expired";
export type Direction = "inbound" | "outbound" | "note" | "system";

/** Why something failed or has its status: a stable code with its fields, and an English message. */
export interface Reason {
  code: string;
  message: string;
  [field: string]: unknown;
}

export interface Me {
  id: UserId;
  name: string;
  groups: Group[];
  liveChats: LiveChat[];
  position: Position;
  /** The broker's time. */
  time?: Time;
  /** Whether `typing` and `viewing` accept `ended`. */
  signalsEnd?: boolean;
  /** The base URL for messengers; for administrators. */
  publicUrl?: string;
}

export interface LiveChat {
  id: Id;
  name: string;
  members: UserId[];
  channels: number;
  createdAt: Time;
  deleted?: boolean;
}

/** A colleague in one of the user's live chats. */
export interface Person {
  id: UserId;
  name: string;
  /** Their console was active recently. */
  online?: boolean;
  groups?: Group[];
}

export interface Channel {
  id: Id;
  liveChat: Id;
  name: string;
  webhook: string;
  status: ChannelStatus;
  since: Time;
  reason?: Reason;
  verified: "challenge" | "status" | null;
  security: string;
  dialect: string;
  capabilities: Capabilities;
  publicUrl: string;
  pendingDeliveries: number;
  lastErrorAt?: Time;
  lastError?: string;
  lastErrorReason?: Reason;
  refusedWhileDisconnected: number;
  /** Validity of the confirmation codes; for administrators. */
  codes?: { since: Time; until?: Time }[];
  /** When the messenger was first seen to use the replaced code; for administrators. */
  oldCodeUsedAt?: Time;
}

export interface Capabilities {
  operatorInitiated: boolean;
  maxTextLength?: number;
  typing?: boolean;
  [name: string]: unknown;
}

export interface Contact {
  id: Id;
  channel: Id;
  externalUserId: string;
  username?: string;
  phoneNumber?: string;
  /** A data URI or base64; absent in lists. */
  avatar?: string;
  firstSeenAt: Time;
  forgotten?: Time;
}

export interface Session {
  id: Id;
  liveChat: Id;
  channel: Id;
  contact: Id;
  externalChatId: string;
  chatName?: string;
  /** Several people have written in its chat. */
  group?: boolean;
  status: SessionStatus;
  operator?: UserId;
  openedBy: "user" | "operator";
  openedAt: Time;
  closedAt?: Time;
  unread: number;
  /** Outbound messages that failed or expired and were not retried. */
  failed?: number;
  lastMessage?: LastMessage;
  waitingSince?: Time;
  /** The position of its last event. */
  position?: Position;
}

export interface LastMessage {
  id: Id;
  direction: Direction;
  author?: string;
  text?: string;
  createdAt?: Time;
  acceptedAt?: Time;
  deleted?: Time;
}

/** The part of a session that message events carry. */
export type ShortSession = Pick<
  Session,
  "id" | "liveChat" | "status" | "operator" | "group" | "unread" | "failed"
>;

export interface File {
  name: string;
  size?: number;
  URL: string;
}

export interface Message {
  id: Id;
  session: Id;
  direction: Direction;
  /** The contact's id for an inbound message, otherwise the user's. */
  author?: string;
  text?: string;
  files?: File[];
  replyTo?: Id;
  externalMessageId?: string;
  /** When it was written, by the messenger's clock. */
  createdAt?: Time;
  /** When the broker stored it. */
  acceptedAt?: Time;
  position: Position;
  edited?: Time;
  deleted?: Time;
  delivery?: Delivery;
  /** The session event, for a system message. */
  event?: string;
  /** The session's operator after the event, for a system message. */
  operator?: UserId;
  /** The operator that a supervisor took the session from, for a system message. */
  from?: UserId;
  /** Why the session changed, if no operator changed it, for a system message. */
  reason?: Reason;
}

export interface Delivery {
  state: DeliveryState;
  attempts: number;
  nextAttemptAt?: Time;
  reason?: Reason;
  status?: number;
  deliveredAt?: Time;
  readAt?: Time;
}

/** A canned reply of a live chat. */
export interface Reply {
  id: Id;
  liveChat: Id;
  shortcut: string;
  text: string;
}

/** One event of the feed, or of `events.after`. */
export interface FeedEvent {
  type: string;
  subject: string;
  time: Time;
  position: Position;
  /** Position of the previous event of the same live chat; absent in the audit log. */
  previous?: Position;
  livechat?: Id;
  data: FeedData;
}

export interface FeedData {
  by: string;
  session?: Session | ShortSession;
  /** The operator that a supervisor took the session from. */
  from?: UserId;
  /** Why the session changed, if no operator changed it. */
  reason?: Reason;
  message?: Message | Id;
  delivery?: Delivery;
  contact?: Contact;
  channel?: Channel;
  /** The id of the command that caused the event, if known. */
  commandId?: string;
}

/** Somebody is typing or viewing; not stored. */
export interface Signal {
  session: Id;
  user?: UserId;
  contact?: Id;
  until: Time;
  /** Whether they have stopped. */
  ended?: boolean;
}
