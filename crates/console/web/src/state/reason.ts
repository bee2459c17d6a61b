/**
 * The broker says in English why something is as it is. What it is known to say is told in the
 * reader's language, with what to do about it; anything else is shown as it came. Pure.
 */
export type ReasonKind =
  | "wrongCode"
  | "wrongProof"
  | "noProof"
  | "redirect"
  | "status"
  | "address"
  | "name"
  | "timeout"
  | "connection"
  | "tls"
  | "closed"
  | "notHttp"
  | "broken"
  | "noEgress"
  | "byUser"
  | "byMessenger"
  | "gone"
  | "probing"
  | "gaveUp";

export interface Reason {
  readonly kind: ReasonKind;
  readonly values: Readonly<Record<string, string>>;
}

/** The first that matches counts; the groups of its expression are the values. */
const KNOWN: readonly (readonly [ReasonKind, RegExp])[] = [
  ["wrongCode", /^wrong confirmation code: |refused the confirmation code \(401\)$/],
  ["wrongProof", /^wrong answer to the challenge/],
  ["noProof", /did not answer the challenge/],
  ["redirect", /^the messenger answered (?<status>\d+), a redirect/],
  ["gone", /^the messenger says that it is gone/],
  ["status", /^the messenger answered (?<status>\d+)/],
  ["address", /^the guard refuses (?:the host )?"?(?<address>[^\s";]+)/],
  ["name", /^the name (?<name>\S+) does not resolve/],
  ["timeout", /^no answer within (?<ms>\d+) ms$/],
  ["connection", /^no connection/],
  ["tls", /^no trust by TLS: (?<why>.*)$/],
  ["closed", /^the connection was closed before an answer$/],
  ["notHttp", /^what came is not an HTTP answer$/],
  ["broken", /^the connection broke: (?<why>.*)$/],
  ["noEgress", /nothing was sent$/],
  ["byMessenger", /^by the messenger$/],
  ["byUser", /^by (?<user>[a-z0-9_-]{1,32})$/],
  ["probing", /^deliveries fail; one probe at a time/],
  ["gaveUp", /^every delivery failed for 24 hours/],
];

/** What the broker's words mean, if they are known. */
export function reason(words: string): Reason | null {
  for (const [kind, pattern] of KNOWN) {
    const match = pattern.exec(words);
    if (match) return { kind, values: { ...match.groups } };
  }
  return null;
}

/** The kinds that an administrator can do something about, and is told what. */
export const ADVISED = [
  "wrongCode",
  "wrongProof",
  "noProof",
  "redirect",
  "status",
  "address",
  "name",
  "timeout",
  "connection",
  "tls",
  "closed",
  "notHttp",
  "broken",
  "noEgress",
] as const satisfies readonly ReasonKind[];

export type Advised = (typeof ADVISED)[number];

export const isAdvised = (kind: ReasonKind): kind is Advised =>
  ADVISED.some((advised) => advised === kind);
