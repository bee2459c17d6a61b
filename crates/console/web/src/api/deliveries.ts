/** Attempts at messengers, and making them again. For administrators. */
import type { Api } from "./client";
import type { DeliveryState, Id, Position, Time } from "./types";

export interface Attempt {
  message: Id;
  /** Which attempt at the message it was. */
  n: number;
  at: Time;
  ms: number;
  status?: number;
  error?: string;
  /** The start of what the messenger answered. */
  answer?: string;
  /** Where it left the delivery. */
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
  api.ask<AttemptsPage>("deliveries.list", { ...filter, before });

export const replay = (api: Api, message: Id, commandId: string) =>
  api.ask("deliveries.replay", { message, commandId });

/** Everything of a channel since then that failed or expired; answers how many. */
export const replaySince = (api: Api, channel: Id, since: Time, commandId: string) =>
  api.ask<{ count: number }>("deliveries.replay", { channel, since, commandId });
