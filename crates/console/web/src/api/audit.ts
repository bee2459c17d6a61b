/** Who did what, when, to what. For administrators. */
import type { Api } from "./client";
import type { Position, Time, UserId } from "./types";

export interface AuditEntry {
  position: Position;
  time: Time;
  /** A user's id, `messenger` or `system`. */
  by: string;
  /** What it was done to, such as `channel-<id>`. */
  stream: string;
  /** What happened, such as `channel-updated`. */
  event: string;
  /** What was changed; secrets are left out. */
  data: Record<string, unknown>;
}

export interface AuditPage {
  /** Newest first. */
  audit: AuditEntry[];
  next: Position | null;
}

export interface AuditFilter {
  user?: UserId;
  stream?: string;
}

export const list = (api: Api, filter: AuditFilter, before?: Position) =>
  api.ask<AuditPage>("audit.list", { ...filter, before });
