/** Managing users. For administrators. */
import type { Api } from "./client";
import type { Group, Id, Time, UserId } from "./types";

/** The broker's limit (console-api, section 1). */
export const PASSWORD_CHARS_MIN = 8;

export interface User {
  id: UserId;
  name: string;
  groups: Group[];
  disabled: boolean;
  createdAt: Time;
}

/** An API token, without the secret. */
export interface Token {
  id: Id;
  name: string;
  createdAt: Time;
  /** Recorded at most once a day. */
  lastUsedAt?: Time;
}

export interface NewUser {
  login: UserId;
  name: string;
  groups: Group[];
  password: string;
}

export type UserChange = Partial<Pick<NewUser, "name" | "groups" | "password">>;

export const list = (api: Api, before?: UserId) =>
  api.request<{ users: User[]; next: UserId | null }>("users.list", { before });

export const create = (api: Api, user: NewUser, commandId: string) =>
  api.request<{ user: User }>("users.create", { ...user, commandId });

export const update = (api: Api, login: UserId, change: UserChange, commandId: string) =>
  api.request<{ user: User }>("users.update", { login, ...change, commandId });

export const disable = (api: Api, login: UserId, disabled: boolean, commandId: string) =>
  api.request<{ user: User }>("users.disable", { login, disabled, commandId });

export const tokens = (api: Api, login: UserId) =>
  api.request<{ tokens: Token[] }>("users.tokens", { login });

/** Issues a token, which cannot be read again later. Without a name the broker gives it one. */
export const issueToken = (api: Api, login: UserId, name: string, commandId: string) =>
  api.request<{ token: string }>("users.token", { login, ...(name && { name }), commandId });

export const revokeToken = (api: Api, login: UserId, token: Id, commandId: string) =>
  api.request<{ user: User }>("users.token-revoke", { login, token, commandId });
