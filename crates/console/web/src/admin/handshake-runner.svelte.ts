import { newCommandId } from "../api/command";
import type { HandshakeResult, HandshakeTrace } from "../api/channels";
import { asApiError } from "../api/error";
import type { Channel, Reason } from "../api/types";
import type { AdminStore } from "./admin-store.svelte";
import { applySignal, fail, finish, start } from "./state/handshake";
import type { Handshake } from "./state/handshake";
import { errorText } from "./texts.svelte";

/** Runs a handshake and tracks its progress while the request is pending. */
export class HandshakeRunner {
  handshake = $state.raw<Handshake | null>(null);
  #key: string | null = null;

  constructor(private readonly adminStore: AdminStore) {}

  /** Returns the channel after the handshake, or null if the request failed. */
  async run(
    request: (commandId: string) => Promise<HandshakeResult>,
  ): Promise<Channel | null> {
    // After an uncertain outcome the same command id returns the first result.
    const key = (this.#key ??= newCommandId());
    let handshake = start(key);
    this.handshake = handshake;
    const unsubscribe = this.adminStore.listen((message) => {
      if (message.kind !== "handshake") return;
      handshake = applySignal(handshake, message.signal);
      this.handshake = handshake;
    });
    try {
      const { channel, trace } = await request(key);
      this.#key = null;
      this.handshake = trace ? finish(handshake, trace, channel.reason) : null;
      return channel;
    } catch (thrown) {
      const error = asApiError(thrown);
      if (!error.isUncertain) this.#key = null;
      const { trace, reason } = error.details as { trace?: HandshakeTrace; reason?: Reason };
      this.handshake = fail(handshake, trace, errorText(error), reason);
      return null;
    } finally {
      unsubscribe();
      void this.adminStore.refresh();
    }
  }
}
