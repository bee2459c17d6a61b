import type { Attempt } from "../../api/deliveries";
import type { Position } from "../../api/types";

/** The positions of the last attempt for each message, given a list with the newest first. */
export function lastAttempts(attempts: readonly Attempt[]): ReadonlySet<Position> {
  const seen = new Set<string>();
  const positions = new Set<Position>();
  for (const { message, position } of attempts) {
    if (!seen.has(message)) positions.add(position);
    seen.add(message);
  }
  return positions;
}

/** Whether the messenger accepted the message. */
export const isAccepted = ({ status }: Pick<Attempt, "status">) =>
  status !== undefined && status >= 200 && status < 300;
