/** Somebody at NATS without a page: a plain client that knows nothing but the specification. */
import { randomUUID } from "node:crypto";

import { connect } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";

import { until } from "./patience";

/** What was not answered by then was lost with a connection: it is asked again. */
const ANSWER_MS = 5_000;

type Json = Record<string, unknown>;

/** `{"error": …}`. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export class Caller {
  private constructor(
    readonly login: string,
    private readonly nats: NatsConnection,
  ) {}

  static async signIn(servers: string, user: string, pass: string): Promise<Caller> {
    // Brokers end and begin here, and refuse everybody while they do.
    const forEver = { maxReconnectAttempts: -1, ignoreAuthErrorAbort: true };
    const inboxPrefix = `_INBOX.${user}`;
    return new Caller(user, await connect({ servers, user, pass, inboxPrefix, ...forEver }));
  }

  /** Asks the console API, until there is an answer; a refusal is thrown. */
  async ask<Ok>(method: string, args: Json = {}): Promise<Ok> {
    const subject = `sb.default.api.${this.login}.${method}`;
    const payload = JSON.stringify({ commandId: randomUUID(), ...args });
    const { ok, error } = await until(`${method} is answered`, async () => {
      const asked = this.nats.request(subject, payload, { timeout: ANSWER_MS });
      const answer = await asked.catch(() => undefined);
      return answer?.json<{ ok: Ok; error?: { code: string; message: string } }>();
    });
    if (error) throw new Refusal(error.code, error.message);
    return ok;
  }

  /** What NATS says to somebody who wants to hear this, or nothing if it lets them. */
  async hears(subject: string): Promise<string | null> {
    const heard = new Promise<string>((resolve) => {
      this.nats.subscribe(subject, {
        callback: (error) => {
          if (error) resolve(error.message);
        },
      });
    });
    // The answer to a flush comes after what the server had to say before.
    return Promise.race([heard, this.nats.flush().then(() => null)]);
  }

  /** What NATS says to somebody who asks in another's name, or nothing if it lets them. */
  async asksAs(login: string, method: string): Promise<string | null> {
    const subject = `sb.default.api.${login}.${method}`;
    const asked = this.nats.request(subject, "{}", { timeout: ANSWER_MS });
    return asked.then(
      () => null,
      (error: Error) => `${error.message} ${error.cause ?? ""}`,
    );
  }

  async close(): Promise<void> {
    await this.nats.close();
  }
}
