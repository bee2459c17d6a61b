import { newCommandId } from "../api/command";
import type { Asked, Trace } from "../api/channels";
import { asApiError } from "../api/error";
import type { Channel } from "../api/types";
import type { Office } from "./office.svelte";
import { begun, ended, failed, heard } from "./state/handshake";
import type { Handshake } from "./state/handshake";
import { refused } from "./words.svelte";

/** Asks a messenger to confirm, and shows how it goes while the broker waits for it. */
export class Asking {
  handshake = $state.raw<Handshake | null>(null);
  #key: string | null = null;

  constructor(private readonly office: Office) {}

  get busy(): boolean {
    return this.handshake?.phase === "asking";
  }

  /** Answers the channel as it is afterwards, or null if the broker refused to ask. */
  async run(ask: (commandId: string) => Promise<Asked>): Promise<Channel | null> {
    // Where it is uncertain whether the broker has asked, the same key asks for the first answer.
    const key = (this.#key ??= newCommandId());
    let handshake = begun(key);
    this.handshake = handshake;
    const deaf = this.office.hear((told) => {
      if (told.kind !== "handshake") return;
      handshake = heard(handshake, told.signal);
      this.handshake = handshake;
    });
    try {
      const { channel, trace } = await ask(key);
      this.#key = null;
      this.handshake = trace ? ended(handshake, trace) : null;
      return channel;
    } catch (thrown) {
      const error = asApiError(thrown);
      if (!error.isUncertain) this.#key = null;
      const trace = error.details.trace as Trace | undefined;
      this.handshake = failed(handshake, trace, refused(error));
      return null;
    } finally {
      deaf();
      void this.office.refresh();
    }
  }
}
