/** What a list of attempts means. Pure. */
import type { Attempt } from "../../api/deliveries";
import type { Position } from "../../api/types";

/** The last attempt at each message, out of a list that is newest first, by its position. */
export function last(attempts: readonly Attempt[]): ReadonlySet<Position> {
  const seen = new Set<string>();
  const positions = new Set<Position>();
  for (const { message, position } of attempts) {
    if (!seen.has(message)) positions.add(position);
    seen.add(message);
  }
  return positions;
}

/** Whether the messenger took it. */
export const isTaken = ({ status }: Pick<Attempt, "status">) =>
  status !== undefined && status >= 200 && status < 300;
