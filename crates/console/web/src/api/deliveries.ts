/** Delivery attempts, and retrying deliveries. For administrators. */
import type { Api } from "./client";
import type { Contact, Delivery, DeliveryState, Id, Position, Reason, Time } from "./types";

export interface Attempt {
  message: Id;
  /** The number of the attempt for this message. */
  n: number;
  at: Time;
  ms: number;
  status?: number;
  reason?: Reason;
  /** The start of the messenger's response. */
  answer?: string;
  /** The start of the message's text. */
  text?: string;
  /** The person that the message is for. */
  contact?: Id;
  /** The present delivery of the message. */
  delivery?: Delivery;
  /** The state of the delivery after the attempt. */
  state: DeliveryState;
  position: Position;
  channel: Id;
  session?: Id;
}

export interface AttemptsPage {
  /** Newest first. */
  attempts: Attempt[];
  /** The persons of their messages. */
  contacts: Contact[];
  next: Position | null;
}

export interface AttemptFilter {
  channel?: Id;
  message?: Id;
  /** The present state of the message's delivery. */
  outcome?: DeliveryState;
}

export const list = (api: Api, filter: AttemptFilter, before?: Position) =>
  api.request<AttemptsPage>("deliveries.list", { ...filter, before });

export const replay = (api: Api, message: Id, commandId: string) =>
  api.request("deliveries.replay", { message, commandId });

/** Retries the channel's failed and expired messages since a time. Returns how many. */
export const replaySince = (api: Api, channel: Id, since: Time, commandId: string) =>
  api.request<{ count: number }>("deliveries.replay", { channel, since, commandId });
