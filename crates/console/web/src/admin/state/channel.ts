/** What a channel's state means for the administrator. Pure. */
import type { Security } from "../../api/channels";
import type { Channel, ChannelStatus, Time } from "../../api/types";

/** What the one button does: it turns a channel on or off, whichever it is not. */
export type Turn = "disconnect" | "reconnect" | "giveUp" | "tryAgain";

const TURNS: Record<Exclude<ChannelStatus, "deleted">, Turn> = {
  pending: "giveUp",
  active: "disconnect",
  disconnected: "reconnect",
  interrupted: "reconnect",
  failed: "tryAgain",
};

export const turn = (status: ChannelStatus): Turn =>
  status === "deleted" ? "reconnect" : TURNS[status];

/** How a status looks: a lamp that is lit, out, blinking or red. */
export type Look = "good" | "off" | "busy" | "bad";

export function look({ status, reason }: Pick<Channel, "status" | "reason">): Look {
  if (status === "pending") return "busy";
  // An active channel with a reason is being probed: its deliveries fail.
  if (status === "active") return reason ? "bad" : "good";
  return status === "disconnected" ? "off" : "bad";
}

/** The code that is being rotated out, while two are good. */
export function overlap({ codes = [] }: Pick<Channel, "codes">, now: number): Time | null {
  const old = codes.flatMap(({ until }) => (until && Date.parse(until) > now ? [until] : []));
  return old.sort().at(-1) ?? null;
}

/** The address of a page's own house, of which a channel's public URL is a part. */
export const base = (publicUrl: string) => publicUrl.replace(/\/api\/messengers\/.*$/, "");

const WHSEC = "whsec_";
/** As many bytes as HMAC-SHA256 has in its digest: more would add nothing. */
export const CODE_BYTES = 32;

/** A code that Standard Webhooks can sign with, out of so many bytes of chance. */
export const signingCode = (bytes: Uint8Array) =>
  WHSEC + btoa(String.fromCharCode(...bytes));

/** What the broker takes for the security of a channel whose form leaves it open. */
export const securityOf = (code: string): Security =>
  code.startsWith(WHSEC) ? "signed" : "token";

/** What is wrong with a code, before the broker is asked. */
export function codeFault(code: string, security: Security): "empty" | "notBase64" | null {
  if (!code) return security === "open" ? null : "empty";
  if (!code.startsWith(WHSEC)) return null;
  const rest = code.slice(WHSEC.length);
  // Standard base64 with its padding, which is what the broker reads.
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(rest) && rest.length % 4 === 0;
  return isBase64 ? null : "notBase64";
}

/** Whether a text can be a webhook; the broker says more of what it must be. */
export const isWebhook = (text: string) => /^https?:\/\/[^\s/?#@\\]+(?:[/?][^\s\\]*)?$/i.test(text);

/** What an address names, without what may be a secret in it. */
export function host(webhook: string): string {
  const match = /^https?:\/\/([^/?#]+)/i.exec(webhook);
  return match?.[1] ?? webhook;
}
