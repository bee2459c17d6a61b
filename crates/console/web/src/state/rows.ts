/** A thread as it is shown: its lines in groups, with the days and the sessions they belong to. */
import type { Id, Message } from "../api/types";
import type { Outgoing } from "./outbox";

/** Lines of one author within this time stand together. */
const GROUP_MS = 5 * 60_000;

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "session"; key: string; at: number; isThis: boolean; line: Message | null }
  | { kind: "system"; key: string; line: Message }
  | { kind: "message"; key: string; message: Message; isFirst: boolean; isLast: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing };

export const timeOf = ({ createdAt, acceptedAt }: Message) =>
  Date.parse(createdAt ?? acceptedAt ?? "1970-01-01T00:00:00Z");

const dayOf = (at: number) => new Date(at).toDateString();

/**
 * Lines as they are read: by the time at which they were written, which is the messenger's word for
 * what it kept while it was disconnected. Each session's lines stand together, its own first.
 */
function inOrderOfTime(lines: readonly Message[]): Message[] {
  const turn = new Map<Id, number>();
  for (const { session } of lines) if (!turn.has(session)) turn.set(session, turn.size);
  const placed = lines.map((line) => ({
    line,
    turn: turn.get(line.session) ?? 0,
    at: line.event === "session-opened" ? -Infinity : timeOf(line),
  }));
  // Lines come in the order of the log, and sorting keeps it among equals.
  return placed.sort((a, b) => a.turn - b.turn || a.at - b.at).map(({ line }) => line);
}

export function rows(
  log: readonly Message[],
  session: Id,
  outgoing: readonly Outgoing[],
): Row[] {
  const lines = inOrderOfTime(log);
  const found: Row[] = [];
  let before: Message | undefined;
  for (const [i, line] of lines.entries()) {
    const at = timeOf(line);
    const startsSession = before ? before.session !== line.session : line.session !== session;
    // Where a session begins and another was before, its own line says so.
    const opens = startsSession && line.event === "session-opened";
    if (!before || dayOf(timeOf(before)) !== dayOf(at))
      found.push({ kind: "day", key: `d ${line.id}`, at });
    if (startsSession) {
      const isThis = line.session === session;
      found.push({ kind: "session", key: `s ${line.id}`, at, isThis, line: opens ? line : null });
    }
    const isFirst = startsSession || !before || !together(before, line);
    const after = lines[i + 1];
    const isLast = !after || !together(line, after);
    before = line;
    if (opens) continue;
    if (line.direction === "system") found.push({ kind: "system", key: line.id, line });
    else found.push({ kind: "message", key: line.id, message: line, isFirst, isLast });
  }
  for (const one of outgoing) found.push({ kind: "outgoing", key: one.key, outgoing: one });
  return found;
}

const together = (a: Message, b: Message) =>
  a.session === b.session &&
  a.direction === b.direction &&
  a.author === b.author &&
  Math.abs(timeOf(b) - timeOf(a)) < GROUP_MS &&
  dayOf(timeOf(a)) === dayOf(timeOf(b));
