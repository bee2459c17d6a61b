import { newCommandId } from "../api/command";
import { asApiError } from "../api/error";
import { errorText } from "./texts.svelte";

/**
 * A command to the broker with its progress and error. After an uncertain outcome the next attempt
 * uses the same command id, so that the command takes effect once.
 */
export class Task {
  busy = $state(false);
  error = $state<string | null>(null);
  #key: string | null = null;

  /** Returns whether the command succeeded. */
  async run(request: (commandId: string) => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = null;
    this.#key ??= newCommandId();
    try {
      await request(this.#key);
      this.#key = null;
      return true;
    } catch (thrown) {
      if (!asApiError(thrown).isUncertain) this.#key = null;
      this.error = errorText(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
