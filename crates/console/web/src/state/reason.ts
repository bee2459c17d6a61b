/**
 * Recognizes the broker's English sentences, to show them in the user's language and with advice.
 * Unknown sentences are shown unchanged.
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

/** The first match counts; its groups are the values. */
const KNOWN: readonly (readonly [ReasonKind, RegExp])[] = [
  ["wrongCode", /^the messenger rejected the confirmation code/],
  ["wrongProof", /^the messenger answered the challenge with another/],
  ["noProof", /did not answer the challenge/],
  ["redirect", /^the messenger answered (?<status>\d+), a redirect/],
  ["gone", /^the messenger says that it is gone/],
  ["status", /^the messenger answered (?<status>\d+)/],
  ["address", /^the (?:address|host) "?(?<address>[^\s"]+)"? .*is not allowed/],
  ["name", /^the name (?<name>\S+) does not resolve/],
  ["timeout", /^no answer within (?<ms>\d+) ms$/],
  ["connection", /^cannot connect/],
  ["tls", /^the TLS handshake failed: (?<why>.*)$/],
  ["closed", /^the connection was closed before an answer$/],
  ["notHttp", /^the answer is not HTTP$/],
  ["broken", /^the connection broke: (?<why>.*)$/],
  ["noEgress", /nothing was sent$/],
  ["byMessenger", /^by the messenger$/],
  ["byUser", /^by (?<user>[a-z0-9_-]{1,32})$/],
  ["probing", /^deliveries fail; one probe at a time/],
  ["gaveUp", /^every delivery failed for/],
];

export function reason(words: string): Reason | null {
  for (const [kind, pattern] of KNOWN) {
    const match = pattern.exec(words);
    if (match) return { kind, values: { ...match.groups } };
  }
  return null;
}

/** The kinds with advice for administrators. */
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
