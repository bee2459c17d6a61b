/** What an operator does to sessions, with error toasts and updates of the desk. */
import { newCommandId } from "../api/command";
import { asApiError } from "../api/error";
import * as messages from "../api/messages";
import * as sessions from "../api/sessions";
import type { Id, Session } from "../api/types";
import { t } from "../i18n/t.svelte";
import { EMPTY, join } from "../state/drafts";
import { sessionName } from "../state/names";
import { head } from "../state/progress";
import { errorText } from "./error-text";
import { router } from "./router.svelte";
import type { Store } from "./store.svelte";
import { toasts } from "./toasts.svelte";

/** Runs a request; shows a toast and returns `undefined` if it fails. */
export async function withErrorToast<Value>(
  request: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await request();
  } catch (thrown) {
    toasts.show(errorText(asApiError(thrown)), "bad");
    return undefined;
  }
}

export class SessionActions {
  constructor(private readonly store: Store) {}

  /** Assigns a session to this operator; if it is open, continues with it in "Mine". */
  async take(session: Id): Promise<boolean> {
    const isTaken = await this.#change((key) => sessions.take(this.store, session, key));
    if (isTaken && router.session === session) router.open(session, "mine");
    return isTaken;
  }

  /** Closes a session; for some seconds this can be undone. */
  async close(session: Id): Promise<void> {
    const { desk } = this.store;
    const before = desk.sessions.get(session);
    const isClosed = await this.#change((key) => sessions.close(this.store, session, key));
    if (!isClosed || !before) return;
    const name = sessionName(desk, before);
    const undo = { label: t("undo"), run: () => void this.#undoClose(before) };
    toasts.show(t("toast.closed", { name }), "plain", undo);
  }

  /** Opens a closed session again and assigns it to this operator, or returns it to the queue. */
  async reopen(session: Id, queue = false): Promise<boolean> {
    const isOpen = await this.#change((key) => sessions.reopen(this.store, session, queue, key));
    if (isOpen && router.session === session) router.open(session, queue ? "queue" : "mine");
    return isOpen;
  }

  /** Opens the session again for the operator that it had. */
  async #undoClose({ id, status, operator }: Session): Promise<void> {
    if (!(await this.reopen(id, status === "queued"))) return;
    if (operator && operator !== this.store.me.id) await this.transfer(id, { to: operator }, "");
  }

  async transfer(session: Id, to: sessions.TransferTo, note: string): Promise<boolean> {
    return this.#change((key) => sessions.transfer(this.store, session, to, note, key));
  }

  /**
   * Starts a session and opens it. If the chat already has an open session, opens that one and puts
   * the text into its draft.
   */
  async start(channel: Id, recipient: sessions.Recipient, text: string): Promise<void> {
    const asOf = head(this.store.desk.progress);
    try {
      const key = newCommandId();
      const { session } = await sessions.create(this.store, channel, recipient, text, key);
      this.store.dispatch({ kind: "sessions-listed", sessions: [session], contacts: [], asOf });
      router.open(session.id, "mine");
    } catch (thrown) {
      const error = asApiError(thrown);
      const open = error.details.sessionId;
      if (error.code !== "session_already_open" || typeof open !== "string") throw error;
      const existing = this.store.desk.drafts.get(open) ?? EMPTY;
      const draft = join(existing, { text, note: false });
      this.store.dispatch({ kind: "draft-changed", session: open, draft });
      router.open(open);
      toasts.show(errorText(error));
    }
  }

  retry(message: Id): Promise<unknown> {
    return withErrorToast(() => messages.retry(this.store, message, newCommandId()));
  }

  /** Requests a change and applies the session in the response. Returns whether it succeeded. */
  async #change(request: (key: string) => Promise<{ session: Session }>): Promise<boolean> {
    const asOf = head(this.store.desk.progress);
    const response = await withErrorToast(() => request(newCommandId()));
    if (response) {
      const { session } = response;
      this.store.dispatch({ kind: "sessions-listed", sessions: [session], contacts: [], asOf });
    }
    return !!response;
  }
}
