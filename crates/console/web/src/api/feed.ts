import type { Api } from "./client";
import type { FeedEvent, Id, Position } from "./types";

export interface EventsPage {
  events: FeedEvent[];
  /** Where to go on, or null at the end. */
  next: Position | null;
  /** The end of the log. */
  position: Position;
}

export const after = (api: Api, position: Position) =>
  api.ask<EventsPage>("events.after", { position });

export const typing = (api: Api, session: Id, ended?: boolean) =>
  api.ask("typing", { session, ended });

export const viewing = (api: Api, session: Id, ended?: boolean) =>
  api.ask("viewing", { session, ended });
