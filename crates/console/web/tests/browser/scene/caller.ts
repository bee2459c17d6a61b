/** Somebody at NATS without a page: a plain client that knows nothing but the specification. */
import { connect } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";

import { PATIENCE_MS } from "./patience.ts";

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
    const inboxPrefix = `_INBOX.${user}`;
    const nats = await connect({ servers, user, pass, inboxPrefix, maxReconnectAttempts: -1 });
    return new Caller(user, nats);
  }

  /** Asks the console API; a refusal is thrown. */
  async ask<Ok>(method: string, args: Json = {}): Promise<Ok> {
    const subject = `sb.default.api.${this.login}.${method}`;
    const options = { timeout: PATIENCE_MS };
    const answer = await this.nats.request(subject, JSON.stringify(args), options);
    const { ok, error } = answer.json<{ ok: Ok; error?: { code: string; message: string } }>();
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

  async close(): Promise<void> {
    await this.nats.close();
  }
}
