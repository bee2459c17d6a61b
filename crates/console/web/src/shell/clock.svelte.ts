/** The time, as the page shows it: whatever reads it is shown anew each second. */
class Clock {
  now = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | undefined;

  start(ticked: (now: number) => void): () => void {
    this.#timer = setInterval(() => {
      this.now = Date.now();
      ticked(this.now);
    }, 1_000);
    return () => clearInterval(this.#timer);
  }
}

export const clock = new Clock();
