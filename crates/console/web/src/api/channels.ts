/** Managing channels. For administrators. */
import type { Api } from "./client";
import type { Channel, Id } from "./types";

/** The messenger has 10 s to answer; the rest is for the broker. */
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

/** One request to a messenger and its response, without the confirmation code. */
export interface HandshakeTrace {
  sent: SentRequest;
  /** Null if there was no response. */
  received: ReceivedResponse | null;
  ms: number;
  /** Why the messenger is not confirmed, in English. */
  error: string | null;
}

export interface SentRequest {
  url: string;
  webhookId: string;
  body: unknown;
}

export interface ReceivedResponse {
  status: number;
  body: string;
}

/** The result of a request that makes the broker contact the messenger. */
export interface HandshakeResult {
  channel: Channel;
  /** Absent if the messenger was not contacted. */
  trace?: HandshakeTrace;
}

interface ChannelResult {
  channel: Channel;
}

export const get = (api: Api, channel: Id) => api.request<ChannelResult>("channels.get", { channel });

export const connect = (api: Api, args: Connect, commandId: string) =>
  api.request<HandshakeResult>("channels.connect", { ...args, commandId }, HANDSHAKE_TIMEOUT_MS);

export const reconnect = (api: Api, channel: Id, commandId: string) =>
  api.request<HandshakeResult>("channels.reconnect", { channel, commandId }, HANDSHAKE_TIMEOUT_MS);

export const test = (api: Api, channel: Id, commandId: string) =>
  api.request<HandshakeResult>("channels.test", { channel, commandId }, HANDSHAKE_TIMEOUT_MS);

/** Changes the webhook; it takes effect only if the messenger there confirms. */
export const changeWebhook = (api: Api, channel: Id, webhook: string, commandId: string) =>
  api.request<HandshakeResult>("channels.update", { channel, webhook, commandId }, HANDSHAKE_TIMEOUT_MS);

export const update = (api: Api, channel: Id, settings: Partial<Settings>, commandId: string) =>
  api.request<ChannelResult>("channels.update", { channel, ...settings, commandId });

/** `overlap`: how long the previous code stays valid, in seconds. */
export const rotateCode = (api: Api, channel: Id, code: string, overlap: number, commandId: string) =>
  api.request<ChannelResult>("channels.rotate", { channel, code, overlap, commandId });

export const disconnect = (api: Api, channel: Id, commandId: string) =>
  api.request<ChannelResult>("channels.disconnect", { channel, commandId });

export const rename = (api: Api, channel: Id, name: string, commandId: string) =>
  api.request<ChannelResult>("channels.rename", { channel, name, commandId });

export const remove = (api: Api, channel: Id, commandId: string) =>
  api.request<ChannelResult>("channels.delete", { channel, commandId });
