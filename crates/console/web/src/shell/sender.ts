/** Sends what is in the outbox, each session's in order, under keys that give one effect. */
import { asApiError } from "../api/error";
import * as messages from "../api/messages";
import type { Outgoing } from "../state/outbox";
import * as outbox from "../state/outbox";
import type { Workplace } from "./workplace.svelte";

/** Before an uncertain one is sent again while the connection stands. */
const AGAIN_MS = 2_000;

export class Sender {
  readonly #under = new Set<string>();

  constructor(private readonly workplace: Workplace) {}

  /** Whatever is due and not under way. */
  send(): void {
    for (const outgoing of outbox.due(this.workplace.desk.outbox))
      if (!this.#under.has(outgoing.key)) void this.#one(outgoing);
  }

  async #one(outgoing: Outgoing): Promise<void> {
    const { key } = outgoing;
    this.#under.add(key);
    try {
      const written = await this.#ask(outgoing);
      this.workplace.put({ kind: "sent", key, written });
    } catch (thrown) {
      const { code, message, details, isUncertain } = asApiError(thrown);
      if (!isUncertain)
        this.workplace.put({ kind: "refused", key, refusal: { code, message, details } });
      else if (this.workplace.status.state === "live") setTimeout(() => this.send(), AGAIN_MS);
      return;
    } finally {
      this.#under.delete(key);
    }
    this.send();
  }

  #ask({ key, session, kind, text, replyTo }: Outgoing): Promise<messages.Written> {
    if (kind === "note") return messages.note(this.workplace, session, text, key);
    return messages.send(this.workplace, { session, text, ...(replyTo && { replyTo }) }, key);
  }
}
