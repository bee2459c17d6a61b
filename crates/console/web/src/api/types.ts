/** The objects of the console API, as they come over the wire (console-api, section 5). */

/** A UUID in lower case. */
export type Id = string;
/** A login. */
export type UserId = string;
/** RFC 3339 with microseconds, UTC: two of them compare as texts. */
export type Time = string;
/** A place in the log. */
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

export interface Me {
  id: UserId;
  name: string;
  groups: Group[];
  liveChats: LiveChat[];
  position: Position;
  /** `typing` and `viewing` take `ended`. */
  signalsEnd?: boolean;
  /** Where messengers reach the company; for administrators. */
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

/** A colleague: somebody of the live chats that one sees. */
export interface Person {
  id: UserId;
  name: string;
  /** Their console spoke not long ago. */
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
  reason?: string;
  verified: "challenge" | "status" | null;
  security: string;
  dialect: string;
  capabilities: Capabilities;
  publicUrl: string;
  pendingDeliveries: number;
  lastErrorAt?: Time;
  lastError?: string;
  refusedWhileDisconnected: number;
  /** The confirmation codes in force, without the codes; for administrators. */
  codes?: { since: Time; until?: Time }[];
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
  /** A data URI, or base64; absent in lists. */
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
  status: SessionStatus;
  operator?: UserId;
  openedBy: "user" | "operator";
  openedAt: Time;
  closedAt?: Time;
  unread: number;
  lastMessage?: LastMessage;
  waitingSince?: Time;
}

/** What a session shows of its last message. */
export interface LastMessage {
  id: Id;
  direction: Direction;
  author?: string;
  text?: string;
  createdAt?: Time;
  deleted?: Time;
}

/** A session in short, beside one of its messages. */
export type ShortSession = Pick<Session, "id" | "liveChat" | "status" | "operator" | "unread">;

export interface File {
  name: string;
  size?: number;
  URL: string;
}

export interface Message {
  id: Id;
  session: Id;
  direction: Direction;
  /** The contact's id for an inbound one, the user's for others. */
  author?: string;
  text?: string;
  files?: File[];
  replyTo?: Id;
  externalMessageId?: string;
  createdAt?: Time;
  acceptedAt?: Time;
  position: Position;
  edited?: Time;
  deleted?: Time;
  delivery?: Delivery;
  /** Of a system line: what happened to the session. */
  event?: string;
  /** Of a system line: who has the session now. */
  operator?: UserId;
}

export interface Delivery {
  state: DeliveryState;
  attempts: number;
  nextAttemptAt?: Time;
  reason?: string;
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
  /** The position of the event before it on the same live chat; absent in the audit trail. */
  previous?: Position;
  livechat?: Id;
  data: FeedData;
}

export interface FeedData {
  by: string;
  session?: Session | ShortSession;
  message?: Message | Id;
  delivery?: Delivery;
  contact?: Contact;
  channel?: Channel;
  /** The key of the optimistic display, where the event had one. */
  commandId?: string;
}

/** What colleagues and people do right now; not stored. */
export interface Signal {
  session: Id;
  user?: UserId;
  contact?: Id;
  until: Time;
  /** They have stopped. */
  ended?: boolean;
}
