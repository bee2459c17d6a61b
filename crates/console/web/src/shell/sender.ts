/** Sends what is in the outbox, each session's in order, under keys that give one effect. */
import { asApiError } from "../api/error";
import * as messages from "../api/messages";
import { t } from "../i18n/t.svelte";
import { contactName } from "../state/names";
import type { Outgoing } from "../state/outbox";
import * as outbox from "../state/outbox";
import { router } from "./router.svelte";
import { toasts } from "./toasts.svelte";
import { inWords } from "./words";
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
      if (isUncertain) {
        if (this.workplace.status.state === "live") setTimeout(() => this.send(), AGAIN_MS);
        return;
      }
      this.#refused(outgoing, { code, message, details });
    } finally {
      this.#under.delete(key);
    }
    // What was written after it does not wait for it, whatever became of it.
    this.send();
  }

  /** Said aloud where the session is not in sight, in which it stays until the operator decides. */
  #refused({ key, session }: Outgoing, refusal: outbox.Refusal): void {
    this.workplace.put({ kind: "refused", key, refusal });
    if (router.session === session) return;
    const { contacts, sessions } = this.workplace.desk;
    const known = sessions.get(session);
    const name = contactName(contacts.get(known?.contact ?? ""), known);
    toasts.show(t("unsent.elsewhere", { name, why: inWords(refusal) }), "bad");
  }

  #ask({ key, session, kind, text, replyTo }: Outgoing): Promise<messages.Written> {
    if (kind === "note") return messages.note(this.workplace, session, text, key);
    return messages.send(this.workplace, { session, text, ...(replyTo && { replyTo }) }, key);
  }
}
