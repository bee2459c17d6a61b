/** Delivery attempts, and retrying deliveries. For administrators. */
import type { Api } from "./client";
import type { DeliveryState, Id, Position, Reason, Time } from "./types";

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
  /** The state of the delivery after the attempt. */
  state: DeliveryState;
  position: Position;
  channel: Id;
  session?: Id;
}

export interface AttemptsPage {
  /** Newest first. */
  attempts: Attempt[];
  next: Position | null;
}

export interface AttemptFilter {
  channel?: Id;
  state?: DeliveryState;
}

export const list = (api: Api, filter: AttemptFilter, before?: Position) =>
  api.request<AttemptsPage>("deliveries.list", { ...filter, before });

export const replay = (api: Api, message: Id, commandId: string) =>
  api.request("deliveries.replay", { message, commandId });

/** Retries the channel's failed and expired messages since a time. Returns how many. */
export const replaySince = (api: Api, channel: Id, since: Time, commandId: string) =>
  api.request<{ count: number }>("deliveries.replay", { channel, since, commandId });
