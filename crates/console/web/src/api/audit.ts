/** The audit log. For administrators. */
import type { Api } from "./client";
import type { Position, Time, UserId } from "./types";

export interface AuditEntry {
  position: Position;
  time: Time;
  /** A user's id, `messenger` or `system`. */
  by: string;
  /** The object, such as `channel-<id>`. */
  stream: string;
  /** Such as `channel-updated`. */
  event: string;
  /** The changed fields, without secrets. */
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
  api.request<AuditPage>("audit.list", { ...filter, before });
