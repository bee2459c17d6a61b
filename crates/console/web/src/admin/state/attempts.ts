import type { Attempt } from "../../api/deliveries";
import type { DeliveryState, Id, Reason } from "../../api/types";

/** The newest attempt of each message, given a list with the newest first. */
export function byMessage(attempts: readonly Attempt[]): Attempt[] {
  const seen = new Map<Id, Attempt>();
  for (const attempt of attempts)
    if (!seen.has(attempt.message)) seen.set(attempt.message, attempt);
  return [...seen.values()];
}

/** The present state of the delivery; the state after the attempt if that is unknown. */
export const outcome = ({ delivery, state }: Attempt): DeliveryState => delivery?.state ?? state;

/** Whether the message can be retried: it was given up, or waits for its next attempt. */
export const isRetriable = (attempt: Attempt) =>
  ["queued", "sending", "failed", "expired"].includes(outcome(attempt));

/** Why the message has not arrived, if so. */
export const outcomeReason = (attempt: Attempt): Reason | undefined =>
  isRetriable(attempt) ? (attempt.delivery?.reason ?? attempt.reason) : undefined;

/** Whether the messenger accepted the message. */
export const isAccepted = ({ status }: Pick<Attempt, "status">) =>
  status !== undefined && status >= 200 && status < 300;
