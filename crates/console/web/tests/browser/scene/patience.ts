/** Waiting: for something to become true, never for time to pass. */

/** Longer than anything takes that works, on a busy machine and unoptimised. */
export const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 20;

/** Looks again and again until there is something, which it answers. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
}
