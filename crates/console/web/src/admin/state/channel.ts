/** How a channel is shown to administrators. */
import type { Security } from "../../api/channels";
import type { Channel, ChannelStatus, Reason, Time } from "../../api/types";

/** What the on/off button of a channel does. */
export type ToggleAction = "disconnect" | "reconnect" | "cancel" | "retry";

const TOGGLE_ACTIONS: Record<Exclude<ChannelStatus, "deleted">, ToggleAction> = {
  pending: "cancel",
  active: "disconnect",
  disconnected: "reconnect",
  interrupted: "reconnect",
  failed: "retry",
};

export const toggleAction = (status: ChannelStatus): ToggleAction =>
  status === "deleted" ? "reconnect" : TOGGLE_ACTIONS[status];

/** The look of a channel's status light. */
export type Look = "good" | "off" | "busy" | "bad";

export function look({ status, reason }: Pick<Channel, "status" | "reason">): Look {
  if (status === "pending") return "busy";
  // An active channel with a reason has failing deliveries.
  if (status === "active") return reason ? "bad" : "good";
  return status === "disconnected" ? "off" : "bad";
}

/** Reasons of a status that somebody wanted. */
const WANTED = new Set(["by_user", "by_messenger"]);

/** The last failure of a channel: of a delivery, or the one that its status is due to. */
export function lastError(channel: Channel): { at: Time; reason?: Reason; text?: string } | null {
  const { reason, since, lastErrorAt, lastErrorReason, lastError } = channel;
  const isFault = !!reason && !WANTED.has(reason.code);
  if (isFault && (!lastErrorAt || lastErrorAt < since)) return { at: since, reason };
  if (!lastErrorAt) return null;
  return {
    at: lastErrorAt,
    ...(lastErrorReason && { reason: lastErrorReason }),
    ...(lastError && { text: lastError }),
  };
}

/** Until when the previous code stays valid, or null if only one code is valid. */
export function overlapUntil({ codes = [] }: Pick<Channel, "codes">, now: number): Time | null {
  const old = codes.flatMap(({ until }) => (until && Date.parse(until) > now ? [until] : []));
  return old.sort().at(-1) ?? null;
}

/** The base URL that a channel's public URL starts with. */
export const publicBase = (publicUrl: string) => publicUrl.replace(/\/api\/messengers\/.*$/, "");

const WHSEC = "whsec_";
/** The digest size of HMAC-SHA256; a longer key adds no security. */
export const CODE_BYTES = 32;

/** A signing secret in the format of Standard Webhooks. */
export const signingCode = (bytes: Uint8Array) =>
  WHSEC + btoa(String.fromCharCode(...bytes));

/** The broker's default security for a code. */
export const defaultSecurity = (code: string): Security =>
  code.startsWith(WHSEC) ? "signed" : "token";

/** Validates a code before it is sent to the broker. */
export function codeError(code: string, security: Security): "required" | "notBase64" | null {
  if (!code) return security === "open" ? null : "required";
  if (!code.startsWith(WHSEC)) return null;
  const rest = code.slice(WHSEC.length);
  // The broker accepts standard base64 with padding.
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(rest) && rest.length % 4 === 0;
  return isBase64 ? null : "notBase64";
}

/** A first check; the broker validates webhooks in full. */
export const isWebhook = (text: string) => /^https?:\/\/[^\s/?#@\\]+(?:[/?][^\s\\]*)?$/i.test(text);

/** The host of a webhook; the rest of the URL may contain a secret. */
export function host(webhook: string): string {
  const match = /^https?:\/\/([^/?#]+)/i.exec(webhook);
  return match?.[1] ?? webhook;
}
