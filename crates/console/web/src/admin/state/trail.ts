/** The audit trail in sentences. Pure: words come from whoever speaks the reader's language. */
import type { AuditEntry } from "../../api/audit";
import { sameDay } from "../../i18n/time";

/** What a sentence needs to be told in the reader's words. */
export interface Speaker {
  /** What a stream is called, such as a live chat's name. */
  name(stream: string): string;
  group(group: string): string;
  status(status: string): string;
  /** The broker's own words for why. */
  reason(words: string): string;
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
type Told = (readonly [SentenceKey, Record<string, string>?])[];

/** What happened, in as many sentences as things were changed. */
export function sentences(entry: AuditEntry, speaker: Speaker): Sentence[] {
  const subject = speaker.name(entry.stream);
  const told = tell(entry.event, withoutActor(entry), speaker);
  if (told.length === 0) told.push(["other", { event: entry.event }]);
  return told.map(([key, values]) => ({ key, values: { subject, ...values } }));
}

/** "By whom" is told beside the sentence already. */
const withoutActor = ({ by, data }: AuditEntry): Data =>
  data.reason === `by ${by}` ? { ...data, reason: undefined } : data;

function tell(event: string, data: Data, speaker: Speaker): Told {
  switch (event) {
    case "user-created":
      return [["user.created", { name: text(data.name), groups: groups(data, speaker) }]];
    case "user-updated":
      return userUpdated(data, speaker);
    case "user-disabled":
      return [[data.disabled === false ? "user.enabled" : "user.disabled"]];
    case "token-issued":
      return [["user.token"]];
    case "live-chat-created":
      return [["liveChat.created"]];
    case "live-chat-renamed":
      return [["liveChat.renamed", { name: text(data.name) }]];
    case "live-chat-deleted":
      return [["liveChat.deleted"]];
    case "members-changed":
      return [members(data, speaker)];
    case "reply-saved":
      return [["liveChat.replySaved", { shortcut: text(data.shortcut) }]];
    case "reply-deleted":
      return [["liveChat.replyDeleted"]];
    case "contact-forgotten":
      return [["contact.forgotten"]];
    default:
      return ofChannel(event, data, speaker);
  }
}

function ofChannel(event: string, data: Data, speaker: Speaker): Told {
  switch (event) {
    case "channel-created": {
      const liveChat = speaker.name(`livechat-${text(data.liveChat)}`);
      const { name, webhook } = data;
      return [["channel.created", { name: text(name), webhook: text(webhook), liveChat }]];
    }
    case "channel-updated":
      return channelUpdated(data);
    case "code-rotated":
      return [["channel.rotated", { until: speaker.time(text(data.oldUntil)) }]];
    case "channel-status-changed": {
      const status = speaker.status(text(data.status));
      if (!data.reason) return [["channel.status", { status }]];
      return [["channel.statusWhy", { status, reason: speaker.reason(text(data.reason)) }]];
    }
    default:
      return [];
  }
}

function userUpdated(data: Data, speaker: Speaker): Told {
  const told: Told = [];
  if (data.name) told.push(["user.renamed", { name: text(data.name) }]);
  if (data.groups) told.push(["user.groups", { groups: groups(data, speaker) }]);
  if (data.passwordHash) told.push(["user.password"]);
  return told;
}

function channelUpdated(data: Data): Told {
  const told: Told = [];
  if (data.name) told.push(["channel.renamed", { name: text(data.name) }]);
  if (data.webhook) told.push(["channel.webhook", { webhook: text(data.webhook) }]);
  if (data.security) told.push(["channel.security", { security: text(data.security) }]);
  if (data.dialect) told.push(["channel.dialect", { dialect: text(data.dialect) }]);
  if (data.operatorInitiated === true) told.push(["channel.mayInitiate"]);
  if (data.operatorInitiated === false) told.push(["channel.mayNotInitiate"]);
  return told;
}

function members(data: Data, speaker: Speaker): Told[number] {
  const names = texts(data.members).map((user) => speaker.name(`user-${user}`));
  return names.length > 0
    ? ["liveChat.members", { members: names.join(", ") }]
    : ["liveChat.noMembers"];
}

const groups = (data: Data, speaker: Speaker) =>
  texts(data.groups)
    .map((group) => speaker.group(group))
    .join(", ");

const text = (value: unknown) => (typeof value === "string" ? value : "");
const texts = (value: unknown) => (Array.isArray(value) ? value.map(text) : []);

/** Names that entries tell of things which are gone by now; the newest entry has the last word. */
export function learn(entries: readonly AuditEntry[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { stream, data } of entries)
    if (typeof data.name === "string" && !names.has(stream)) names.set(stream, data.name);
  return names;
}

export interface Day {
  /** The time of its first entry. */
  readonly at: string;
  readonly entries: AuditEntry[];
}

/** The entries of each day, by the clock of this machine, in the order they come in. */
export function byDay(entries: readonly AuditEntry[]): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const last = days.at(-1);
    if (last && sameDay(Date.parse(last.at), Date.parse(entry.time))) last.entries.push(entry);
    else days.push({ at: entry.time, entries: [entry] });
  }
  return days;
}

/** A stream's kind and id. */
export function split(stream: string): { kind: string; id: string } {
  const at = stream.indexOf("-");
  return { kind: stream.slice(0, at), id: stream.slice(at + 1) };
}
