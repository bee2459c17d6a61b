/** Turns audit entries into sentences; names and times are formatted by the caller. */
import type { AuditEntry } from "../../api/audit";
import type { Reason } from "../../api/types";
import { listed } from "../../text/bidi";
import { sameDay } from "../../i18n/time";

/** Formats the parts of a sentence in the user's language. */
export interface AuditFormatter {
  /** The name of an audited object. */
  name(stream: string): string;
  group(group: string): string;
  status(status: string): string;
  reason(reason: Reason): string;
  time(at: string): string;
}

export type SentenceKey =
  | "user.created"
  | "user.renamed"
  | "user.groups"
  | "user.password"
  | "user.disabled"
  | "user.enabled"
  | "user.token"
  | "user.tokenNamed"
  | "user.tokenRevoked"
  | "liveChat.created"
  | "liveChat.renamed"
  | "liveChat.deleted"
  | "liveChat.members"
  | "liveChat.noMembers"
  | "liveChat.replySaved"
  | "liveChat.replyDeleted"
  | "channel.created"
  | "channel.renamed"
  | "channel.webhook"
  | "channel.security"
  | "channel.dialect"
  | "channel.mayInitiate"
  | "channel.mayNotInitiate"
  | "channel.rotated"
  | "channel.status"
  | "channel.statusWhy"
  | "contact.forgotten"
  | "other";

export interface Sentence {
  readonly key: SentenceKey;
  readonly values: Readonly<Record<string, string>>;
}

type Data = AuditEntry["data"];
type Sentences = (readonly [SentenceKey, Record<string, string>?])[];

/** One sentence for each change in an entry. */
export function sentences(entry: AuditEntry, formatter: AuditFormatter): Sentence[] {
  const subject = formatter.name(entry.stream);
  const found = describe(entry.event, withoutActor(entry), formatter);
  if (found.length === 0) found.push(["other", { event: entry.event }]);
  return found.map(([key, values]) => ({ key, values: { subject, ...values } }));
}

/** The user is shown next to the sentence, so a reason that only names them is redundant. */
function withoutActor({ by, data }: AuditEntry): Data {
  const reason = data.reason as Reason | undefined;
  const namesActor = reason?.code === "by_user" && reason.user === by;
  return namesActor ? { ...data, reason: undefined } : data;
}

function describe(event: string, data: Data, formatter: AuditFormatter): Sentences {
  switch (event) {
    case "user-created":
      return [["user.created", { name: text(data.name), groups: groups(data, formatter) }]];
    case "user-updated":
      return userUpdated(data, formatter);
    case "user-disabled":
      return [[data.disabled === false ? "user.enabled" : "user.disabled"]];
    case "token-issued":
      return [data.name ? ["user.tokenNamed", { name: text(data.name) }] : ["user.token"]];
    case "token-revoked":
      return [["user.tokenRevoked", { name: text(data.name) }]];
    case "live-chat-created":
      return [["liveChat.created"]];
    case "live-chat-renamed":
      return [["liveChat.renamed", { name: text(data.name) }]];
    case "live-chat-deleted":
      return [["liveChat.deleted"]];
    case "members-changed":
      return [members(data, formatter)];
    case "reply-saved":
      return [["liveChat.replySaved", { shortcut: text(data.shortcut) }]];
    case "reply-deleted":
      return [["liveChat.replyDeleted"]];
    case "contact-forgotten":
      return [["contact.forgotten"]];
    default:
      return describeChannel(event, data, formatter);
  }
}

function describeChannel(event: string, data: Data, formatter: AuditFormatter): Sentences {
  switch (event) {
    case "channel-created": {
      const liveChat = formatter.name(`livechat-${text(data.liveChat)}`);
      const { name, webhook } = data;
      return [["channel.created", { name: text(name), webhook: text(webhook), liveChat }]];
    }
    case "channel-updated":
      return channelUpdated(data);
    case "code-rotated":
      return [["channel.rotated", { until: formatter.time(text(data.oldUntil)) }]];
    case "channel-status-changed": {
      const status = formatter.status(text(data.status));
      if (!data.reason) return [["channel.status", { status }]];
      return [["channel.statusWhy", { status, reason: formatter.reason(data.reason as Reason) }]];
    }
    default:
      return [];
  }
}

function userUpdated(data: Data, formatter: AuditFormatter): Sentences {
  const found: Sentences = [];
  if (data.name) found.push(["user.renamed", { name: text(data.name) }]);
  if (data.groups) found.push(["user.groups", { groups: groups(data, formatter) }]);
  if (data.passwordHash) found.push(["user.password"]);
  return found;
}

function channelUpdated(data: Data): Sentences {
  const found: Sentences = [];
  if (data.name) found.push(["channel.renamed", { name: text(data.name) }]);
  if (data.webhook) found.push(["channel.webhook", { webhook: text(data.webhook) }]);
  if (data.security) found.push(["channel.security", { security: text(data.security) }]);
  if (data.dialect) found.push(["channel.dialect", { dialect: text(data.dialect) }]);
  if (data.operatorInitiated === true) found.push(["channel.mayInitiate"]);
  if (data.operatorInitiated === false) found.push(["channel.mayNotInitiate"]);
  return found;
}

function members(data: Data, formatter: AuditFormatter): Sentences[number] {
  const names = texts(data.members).map((user) => formatter.name(`user-${user}`));
  return names.length > 0
    ? ["liveChat.members", { members: listed(names) }]
    : ["liveChat.noMembers"];
}

const groups = (data: Data, formatter: AuditFormatter) =>
  texts(data.groups)
    .map((group) => formatter.group(group))
    .join(", ");

const text = (value: unknown) => (typeof value === "string" ? value : "");
const texts = (value: unknown) => (Array.isArray(value) ? value.map(text) : []);

/** Names of objects from their entries, for objects that were deleted. The newest entry wins. */
export function namesFromEntries(entries: readonly AuditEntry[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { stream, data } of entries)
    if (typeof data.name === "string" && !names.has(stream)) names.set(stream, data.name);
  return names;
}

export interface Day {
  /** Time of the first entry in the list. */
  readonly at: string;
  readonly entries: AuditEntry[];
}

/** Groups entries by local day and keeps their order. */
export function byDay(entries: readonly AuditEntry[]): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const last = days.at(-1);
    if (last && sameDay(Date.parse(last.at), Date.parse(entry.time))) last.entries.push(entry);
    else days.push({ at: entry.time, entries: [entry] });
  }
  return days;
}

/** Splits a stream such as `channel-<id>`. */
export function parseStream(stream: string): { kind: string; id: string } {
  const at = stream.indexOf("-");
  return { kind: stream.slice(0, at), id: stream.slice(at + 1) };
}
