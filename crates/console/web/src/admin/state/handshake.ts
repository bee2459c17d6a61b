/**
 * How asking a messenger for its confirmation goes: told step by step while the broker waits for
 * the messenger, and wholly by the answer at the end. Pure.
 */
import type { Received, Sent, Trace } from "../../api/channels";
import type { Id } from "../../api/types";

/** A step, as it is published while the request waits. */
export interface Signal {
  channel: Id;
  commandId?: string;
  step: string;
  sent?: Sent;
  received?: Received | null;
  ms?: number;
  error?: string | null;
}

export interface Handshake {
  /** The key of the command that asked, by which its signals are known. */
  readonly commandId: string;
  readonly phase: "asking" | "confirmed" | "refused";
  readonly sent?: Sent | undefined;
  /** Null once it is known that nothing came back. */
  readonly received?: Received | null | undefined;
  readonly ms?: number | undefined;
  /** Why the messenger is not confirmed, in the broker's words. */
  readonly error?: string | null | undefined;
}

export const begun = (commandId: string): Handshake => ({ commandId, phase: "asking" });

/** A step became known. One of another command, or after the end, changes nothing. */
export function heard(handshake: Handshake, signal: Signal): Handshake {
  if (handshake.phase !== "asking" || signal.commandId !== handshake.commandId) return handshake;
  const { sent, received, ms, error } = signal;
  return {
    ...handshake,
    sent: sent ?? handshake.sent,
    received: received === undefined ? handshake.received : received,
    ms: ms ?? handshake.ms,
    error: error ?? handshake.error,
  };
}

/** The broker answered: what the trace says stands, whatever was heard before. */
export function ended(handshake: Handshake, trace: Trace): Handshake {
  const phase = trace.error === null ? "confirmed" : "refused";
  return { ...handshake, ...trace, phase };
}

/** The broker did not even ask, or the messenger's confirmation came too late to count. */
export function failed(handshake: Handshake, trace: Trace | undefined, error: string): Handshake {
  return { ...handshake, ...trace, phase: "refused", error: trace?.error ?? error };
}

/** How the messenger proved itself: by the code, or by answering 200 alone. */
export function proof({ received }: Handshake): "challenge" | "status" {
  return received && hasMember(received.body, "challenge") ? "challenge" : "status";
}

function hasMember(body: string, name: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && Object.hasOwn(value, name);
  } catch {
    return false;
  }
}

/** JSON as people read it; anything else as it came. */
export function pretty(body: unknown): string {
  if (typeof body !== "string") return JSON.stringify(body, null, 2) ?? "";
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
