/** What an operator does to sessions and messages, and what is said when it cannot be done. */
import { newCommandId } from "../api/command";
import { asApiError } from "../api/error";
import type { ApiError } from "../api/error";
import * as messages from "../api/messages";
import * as sessions from "../api/sessions";
import type { Id, Session } from "../api/types";
import { userName } from "../state/names";
import { head } from "../state/progress";
import { router } from "./router.svelte";
import { toasts } from "./toasts.svelte";
import { inWords } from "./words";
import type { Workplace } from "./workplace.svelte";

/** Does something, and says so if it could not be done. */
export async function attempt<Value>(
  work: () => Promise<Value>,
  words: (error: ApiError) => string = inWords,
): Promise<Value | undefined> {
  try {
    return await work();
  } catch (thrown) {
    toasts.show(words(asApiError(thrown)), "bad");
    return undefined;
  }
}

export class Acts {
  constructor(private readonly workplace: Workplace) {}

  /** Whoever takes a session goes on with it among their own. */
  async take(session: Id): Promise<void> {
    const taken = await this.#change((key) => sessions.take(this.workplace, session, key));
    if (taken && router.session === session) router.open(session, "mine");
  }

  async close(session: Id): Promise<void> {
    await this.#change((key) => sessions.close(this.workplace, session, key));
  }

  async transfer(session: Id, to: sessions.TransferTo, note: string): Promise<boolean> {
    return this.#change((key) => sessions.transfer(this.workplace, session, to, note, key));
  }

  /** Opens a session with a person and shows it; so does the one that is open already. */
  async start(channel: Id, whom: sessions.Whom, text: string): Promise<void> {
    const asOf = head(this.workplace.desk.progress);
    try {
      const key = newCommandId();
      const { session } = await sessions.create(this.workplace, channel, whom, text, key);
      this.workplace.put({ kind: "listed", sessions: [session], contacts: [], asOf });
      router.open(session.id, "mine");
    } catch (thrown) {
      const error = asApiError(thrown);
      const open = error.details.sessionId;
      if (error.code !== "session_already_open" || typeof open !== "string") throw error;
      router.open(open);
      toasts.show(inWords(error));
    }
  }

  retry(message: Id): Promise<unknown> {
    return attempt(() => messages.retry(this.workplace, message, newCommandId()));
  }

  /** Carries out a change and takes its answer over; answers whether it was done. */
  async #change(ask: (key: string) => Promise<{ session: Session }>): Promise<boolean> {
    const asOf = head(this.workplace.desk.progress);
    const answer = await attempt(
      () => ask(newCommandId()),
      (error) => this.#inWords(error),
    );
    if (answer)
      this.workplace.put({ kind: "listed", sessions: [answer.session], contacts: [], asOf });
    return !!answer;
  }

  /** With the name of a colleague where the broker says the login. */
  #inWords({ code, message, details }: ApiError): string {
    const { operator } = details;
    if (typeof operator !== "string") return inWords({ code, message, details });
    const name = userName(this.workplace.desk, operator);
    return inWords({ code, message, details: { ...details, operator: name } });
  }
}
