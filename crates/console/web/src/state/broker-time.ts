/** How far the broker's clock is ahead of the one of this machine. */

/** When a request was sent and its answer received, by the clock of this machine. */
export interface Exchange {
  readonly sent: number;
  readonly received: number;
}

/**
 * The offset after an answer that has the broker's time. The broker read it between `sent` and
 * `received`: an offset that fits stays, so that times do not jitter with the delay of answers.
 */
export function corrected(offset: number, time: number, { sent, received }: Exchange): number {
  const isUsable = Number.isFinite(time) && received >= sent;
  if (!isUsable) return offset;
  const [least, most] = [time - received, time - sent];
  return offset >= least && offset <= most ? offset : (least + most) / 2;
}
