/** Recognizes the broker's English refusals, to show them in the user's language. */
import type { ApiError } from "../../api/error";

export type RefusalKind =
  | "account"
  | "liveChatName"
  | "login"
  | "lastAdministrator"
  | "stranger"
  | "full"
  | "codeNotBase64"
  | "noCode"
  | "webhook"
  | "password"
  | "name"
  | "notFailed";

export interface Refusal {
  readonly kind: RefusalKind;
  readonly values: Readonly<Record<string, string>>;
}

const KNOWN: readonly (readonly [RefusalKind, RegExp])[] = [
  [
    "account",
    /is connected to the live chat "(?<liveChat>.*)" already, as channel "(?<channel>.*)"$/,
  ],
  ["liveChatName", /^there is a live chat "(?<name>.*)" already$/],
  ["login", /^there is a user (?<login>\S+) already$/],
  ["lastAdministrator", /^(?<user>\S+) is the last administrator/],
  ["stranger", /^\/users: there is no user (?<user>\S+)$/],
  ["full", /(?:there are|has) (?<most>\d+) [\w ]+ already$/],
  ["codeNotBase64", /^\/code: the code begins with whsec_/],
  ["noCode", /^\/security: the channel has no confirmation code/],
  ["webhook", /^\/webhook: /],
  ["password", /^\/password: /],
  ["name", /^\/name: /],
  ["notFailed", /only a failed or expired/],
];

export function refusal({ message }: Pick<ApiError, "message">): Refusal | null {
  for (const [kind, pattern] of KNOWN) {
    const match = pattern.exec(message);
    if (match) return { kind, values: { ...match.groups } };
  }
  return null;
}
