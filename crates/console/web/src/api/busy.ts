/** Repeats requests that the broker is too busy for. */
import { ApiError } from "./error";

const RETRIES_MAX = 10;
/** Several pages of one user must not ask again at the same moment. */
const JITTER = 1;

/** Asks until the broker is not too busy, after the pauses that it names. Nothing has changed then. */
export async function untilNotBusy<T>(ask: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await ask();
    } catch (thrown) {
      const pauseMs = thrown instanceof ApiError ? thrown.retryAfterMs : null;
      if (pauseMs === null || retries >= RETRIES_MAX) throw thrown;
      const delayMs = pauseMs * (1 + JITTER * Math.random());
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
