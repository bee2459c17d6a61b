import { newCommandId } from "../api/command";
import { asApiError } from "../api/error";
import { refused } from "./words.svelte";

/**
 * Something that is asked of the broker: whether it is under way, and why it could not be done.
 * Where it is uncertain whether it was done, the next try has the same key and so one effect.
 */
export class Task {
  busy = $state(false);
  error = $state<string | null>(null);
  #key: string | null = null;

  /** Answers whether it was done. */
  async run(work: (commandId: string) => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = null;
    this.#key ??= newCommandId();
    try {
      await work(this.#key);
      this.#key = null;
      return true;
    } catch (thrown) {
      if (!asApiError(thrown).isUncertain) this.#key = null;
      this.error = refused(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
