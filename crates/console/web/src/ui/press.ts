/** Protects buttons from the second click of a double-click on what was there before. */

/** How long a guarded button is disabled after it has appeared under the pointer. */
const HOLD_MS = 1_000;
/** A press that is older than this has nothing to do with a button that appears now. */
const RECENT_MS = 10_000;
/** How far a finger or a mouse moves between the clicks of a double-click. */
const SLACK_PX = 16;

/** The last press of the pointer. */
export interface Press {
  readonly x: number;
  readonly y: number;
  readonly at: number;
}

type Rect = Pick<DOMRect, "left" | "right" | "top" | "bottom">;

export const isRecent = (press: Press | null, now: number): press is Press =>
  !!press && now - press.at <= RECENT_MS;

/** Returns how long to disable a button that appears at `now`, in milliseconds. */
export function holdFor(rect: Rect, press: Press | null, now: number): number {
  if (!isRecent(press, now)) return 0;
  const isAcross = press.x >= rect.left - SLACK_PX && press.x <= rect.right + SLACK_PX;
  const isDown = press.y >= rect.top - SLACK_PX && press.y <= rect.bottom + SLACK_PX;
  return isAcross && isDown ? HOLD_MS : 0;
}
