/** Sends the outbox: each session's messages in order, with idempotent command ids. */
import type { Api } from "../api/client";
import { asApiError } from "../api/error";
import * as messages from "../api/messages";
import { t } from "../i18n/t.svelte";
import { sessionName } from "../state/names";
import type { Outgoing } from "../state/outbox";
import * as outbox from "../state/outbox";
import type { DeskStore } from "./catch-up";
import type { Status } from "./connection";
import { errorText } from "./error-text";
import { router } from "./router.svelte";
import { toasts } from "./toasts.svelte";

/** Delay before retrying a message whose outcome is unknown, while the connection is up. */
const RETRY_MS = 2_000;

type SenderStore = Api & DeskStore & { readonly status: Status };

export class Sender {
  readonly #inFlight = new Set<string>();

  constructor(private readonly store: SenderStore) {}

  /** Sends every message that is due and not in flight. */
  send(): void {
    for (const outgoing of outbox.due(this.store.desk.outbox))
      if (!this.#inFlight.has(outgoing.key)) void this.#sendOne(outgoing);
  }

  async #sendOne(outgoing: Outgoing): Promise<void> {
    const { key } = outgoing;
    this.#inFlight.add(key);
    try {
      const written = await this.#request(outgoing);
      this.store.dispatch({ kind: "message-sent", key, written });
    } catch (thrown) {
      const { code, message, details, isUncertain } = asApiError(thrown);
      if (isUncertain) {
        if (this.store.status.state === "live") setTimeout(() => this.send(), RETRY_MS);
        return;
      }
      this.#refused(outgoing, { code, message, details });
    } finally {
      this.#inFlight.delete(key);
    }
    // Sent or refused, it no longer blocks the messages after it.
    this.send();
  }

  /** Keeps the message in the outbox for the operator to decide; tells them if it is not visible. */
  #refused({ key, session }: Outgoing, refusal: outbox.Refusal): void {
    this.store.dispatch({ kind: "message-refused", key, refusal });
    if (router.session === session) return;
    const { desk } = this.store;
    const name = sessionName(desk, desk.sessions.get(session));
    toasts.show(t("unsent.refusedElsewhere", { name, reason: errorText(refusal) }), "bad");
  }

  #request({ key, session, kind, text, replyTo }: Outgoing): Promise<messages.Written> {
    if (kind === "note") return messages.note(this.store, session, text, key);
    return messages.send(this.store, { session, text, ...(replyTo && { replyTo }) }, key);
  }
}
