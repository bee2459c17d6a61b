/** What administrators do with messenger accounts. */
import type { Api } from "./client";
import type { Channel, Id } from "./types";

/** Asking a messenger takes it 10 s at the most, and the broker a moment before and after. */
const HANDSHAKE_TIMEOUT_MS = 20_000;

export type Security = "signed" | "token" | "open";
export type Dialect = "native" | "brix";

export interface Settings {
  security: Security;
  dialect: Dialect;
  operatorInitiated: boolean;
}

export interface Connect extends Partial<Settings> {
  liveChat: Id;
  name: string;
  webhook: string;
  code: string;
}

/** What was sent to a messenger and what came back; the code is left out. */
export interface Trace {
  sent: Sent;
  /** Null where nothing came back. */
  received: Received | null;
  ms: number;
  /** Why it is no confirmation, in the broker's words. */
  error: string | null;
}

export interface Sent {
  url: string;
  webhookId: string;
  body: unknown;
}

export interface Received {
  status: number;
  body: string;
}

/** The answer to whatever asked a messenger. */
export interface Asked {
  channel: Channel;
  /** Absent where there was nothing to ask. */
  trace?: Trace;
}

interface Changed {
  channel: Channel;
}

export const get = (api: Api, channel: Id) => api.ask<Changed>("channels.get", { channel });

export const connect = (api: Api, args: Connect, commandId: string) =>
  api.ask<Asked>("channels.connect", { ...args, commandId }, HANDSHAKE_TIMEOUT_MS);

export const reconnect = (api: Api, channel: Id, commandId: string) =>
  api.ask<Asked>("channels.reconnect", { channel, commandId }, HANDSHAKE_TIMEOUT_MS);

export const test = (api: Api, channel: Id, commandId: string) =>
  api.ask<Asked>("channels.test", { channel, commandId }, HANDSHAKE_TIMEOUT_MS);

/** The new webhook is used only if its messenger confirms it. */
export const move = (api: Api, channel: Id, webhook: string, commandId: string) =>
  api.ask<Asked>("channels.update", { channel, webhook, commandId }, HANDSHAKE_TIMEOUT_MS);

export const update = (api: Api, channel: Id, settings: Partial<Settings>, commandId: string) =>
  api.ask<Changed>("channels.update", { channel, ...settings, commandId });

/** `overlap`: how long the code before stays good, in seconds. */
export const rotate = (api: Api, channel: Id, code: string, overlap: number, commandId: string) =>
  api.ask<Changed>("channels.rotate", { channel, code, overlap, commandId });

export const disconnect = (api: Api, channel: Id, commandId: string) =>
  api.ask<Changed>("channels.disconnect", { channel, commandId });

export const rename = (api: Api, channel: Id, name: string, commandId: string) =>
  api.ask<Changed>("channels.rename", { channel, name, commandId });

export const remove = (api: Api, channel: Id, commandId: string) =>
  api.ask<Changed>("channels.delete", { channel, commandId });
