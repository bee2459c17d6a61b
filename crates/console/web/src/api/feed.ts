import type { Api } from "./client";
import type { FeedEvent, Id, Position, Time } from "./types";

export interface EventsPage {
  events: FeedEvent[];
  /** Cursor of the next page, or null at the end. */
  next: Position | null;
  /** The end of the log. */
  position: Position;
  /** The broker's time. */
  time?: Time;
}

export const after = (api: Api, position: Position) =>
  api.request<EventsPage>("events.after", { position });

export const typing = (api: Api, session: Id, ended?: boolean) =>
  api.request("typing", { session, ended });

export const viewing = (api: Api, session: Id, ended?: boolean) =>
  api.request("viewing", { session, ended });
