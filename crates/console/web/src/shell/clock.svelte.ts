/** The current time, updated every second. Anything that reads `now` is rendered again. */
class Clock {
  now = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | undefined;

  start(onTick: (now: number) => void): () => void {
    this.#timer = setInterval(() => {
      this.now = Date.now();
      onTick(this.now);
    }, 1_000);
    return () => clearInterval(this.#timer);
  }
}

export const clock = new Clock();
