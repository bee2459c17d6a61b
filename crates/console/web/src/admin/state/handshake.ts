/**
 * The progress of a handshake: signals report each step while the request is pending, and the final
 * response has the complete trace.
 */
import type { HandshakeTrace, ReceivedResponse, SentRequest } from "../../api/channels";
import type { Id, Reason } from "../../api/types";

/** A step, published while the request is pending. */
export interface HandshakeSignal {
  channel: Id;
  commandId?: string;
  step: string;
  sent?: SentRequest;
  received?: ReceivedResponse | null;
  ms?: number;
  error?: string | null;
}

export interface Handshake {
  /** The command that started the handshake; its signals carry the same id. */
  readonly commandId: string;
  readonly phase: "running" | "confirmed" | "refused";
  readonly sent?: SentRequest | undefined;
  /** Null if there was no response; undefined while it is pending. */
  readonly received?: ReceivedResponse | null | undefined;
  readonly ms?: number | undefined;
  /** Why the messenger is not confirmed. */
  readonly reason?: Reason | undefined;
  /** The same as text. */
  readonly error?: string | null | undefined;
}

export const start = (commandId: string): Handshake => ({ commandId, phase: "running" });

/** Applies a signal. Signals of other commands and after the end are ignored. */
export function applySignal(handshake: Handshake, signal: HandshakeSignal): Handshake {
  if (handshake.phase !== "running" || signal.commandId !== handshake.commandId) return handshake;
  const { sent, received, ms, error } = signal;
  return {
    ...handshake,
    sent: sent ?? handshake.sent,
    received: received === undefined ? handshake.received : received,
    ms: ms ?? handshake.ms,
    error: error ?? handshake.error,
  };
}

/** Ends with the complete trace, which replaces the signals, and the reason of the channel. */
export function finish(
  handshake: Handshake,
  trace: HandshakeTrace,
  reason: Reason | undefined,
): Handshake {
  if (trace.error === null) return { ...handshake, ...trace, phase: "confirmed" };
  return { ...handshake, ...trace, phase: "refused", reason };
}

/** Ends with an error of the request, which may have a trace. */
export function fail(
  handshake: Handshake,
  trace: HandshakeTrace | undefined,
  error: string,
  reason?: Reason,
): Handshake {
  return { ...handshake, ...trace, phase: "refused", error, reason };
}

/** How the messenger confirmed: it answered the challenge, or only with status 200. */
export function confirmation({ received }: Handshake): "challenge" | "status" {
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

/** Formats a body that is JSON; returns others unchanged. */
export function formatBody(body: unknown): string {
  if (typeof body !== "string") return JSON.stringify(body, null, 2) ?? "";
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
