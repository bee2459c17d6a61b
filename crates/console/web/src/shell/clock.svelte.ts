/**
 * The broker's time. The clock of this machine may be wrong, so answers of the broker that have the
 * time correct it.
 */
import type { Time } from "../api/types";
import { corrected } from "../state/broker-time";

class Clock {
  /** The broker's time, updated every second. Anything that reads it is rendered again. */
  now = $state(Date.now());
  /** How far the broker's time is ahead of this machine's. */
  #offset = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls `onTick` with the time of this machine. */
  start(onTick: (now: number) => void): () => void {
    this.#timer = setInterval(() => {
      this.#update();
      onTick(Date.now());
    }, 1_000);
    return () => clearInterval(this.#timer);
  }

  /** Corrects the time by the answer to a request. */
  async timed<Ok extends { time?: Time }>(request: () => Promise<Ok>): Promise<Ok> {
    const sent = Date.now();
    const answer = await request();
    if (answer.time) {
      const read = Date.parse(answer.time);
      this.#offset = corrected(this.#offset, read, { sent, received: Date.now() });
      this.#update();
    }
    return answer;
  }

  /** The broker's time at a time of this machine. */
  at(local: number): number {
    return local + this.#offset;
  }

  #update(): void {
    this.now = this.at(Date.now());
  }
}

export const clock = new Clock();
