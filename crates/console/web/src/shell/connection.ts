/**
 * Keeps a connection to the broker while the user is signed in. A lost connection is replaced by a
 * new one after a delay that grows with each failure. When the broker refuses the password, only the
 * user can go on.
 */
import { ConnectError } from "../api/client";
import type { Client, Credentials } from "../api/client";

export type Status =
  | { state: "connecting" }
  | { state: "catching-up" }
  /** `lostAt`: when the connection before this one was lost. */
  | { state: "live"; lostAt: number | null }
  | { state: "offline"; since: number }
  /** The broker refused to sign the user in again. */
  | { state: "locked"; cause: LockCause };

export type LockCause = "denied" | "origin";

const DELAY_MS_MIN = 500;
const DELAY_MS_MAX = 15_000;

/**
 * Delay before the next attempt: doubles with each failure in a row, with jitter between half and
 * all of it. `random` is between 0 and 1.
 */
export function retryDelay(failures: number, random: number): number {
  const full = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** failures);
  return full * (0.5 + random / 2);
}

export interface ConnectionHandlers {
  /** Subscribes and catches up. The status becomes `live` when this resolves. */
  connected(client: Client): Promise<void>;
  disconnected(): void;
  status(status: Status): void;
}

export type Open = (credentials: Credentials) => Promise<Client>;

/** Opens a connection again and again until `stop`, starting with one that may be open already. */
export class Connection {
  #isStopped = false;
  #isLocked = false;
  #credentials: Credentials;
  #client: Client | null;
  #failures = 0;
  #lostAt: number | null = null;
  #wake = () => {};

  constructor(
    private readonly open: Open,
    credentials: Credentials,
    first: Client | null,
    private readonly handlers: ConnectionHandlers,
  ) {
    this.#credentials = credentials;
    this.#client = first;
    void this.#run();
  }

  /** Skips the current delay. */
  retryNow(): void {
    if (!this.#isLocked) this.#wake();
  }

  /** Signs in with another password after `locked`. Rejects if that is refused too. */
  async unlock(password: string): Promise<void> {
    const credentials = { ...this.#credentials, password };
    const client = await this.open(credentials);
    if (this.#isStopped || !this.#isLocked) return client.close();
    this.#credentials = credentials;
    this.#client = client;
    this.#isLocked = false;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
    this.#client?.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      let refusal: LockCause | undefined;
      try {
        await this.#runOnce();
      } catch (error) {
        if (error instanceof ConnectError && error.kind !== "unreachable") refusal = error.kind;
      }
      if (this.#isStopped) return;
      this.#lostAt ??= Date.now();
      await (refusal ? this.#waitUnlocked(refusal) : this.#waitOffline(this.#lostAt));
    }
  }

  async #runOnce(): Promise<void> {
    // While offline, keep the offline status until a connection is up.
    if (this.#lostAt === null) this.handlers.status({ state: "connecting" });
    const client = (this.#client ??= await this.open(this.#credentials));
    try {
      if (this.#isStopped) return;
      this.handlers.status({ state: "catching-up" });
      await Promise.race([this.handlers.connected(client), client.ended.then(lost)]);
      this.#failures = 0;
      const lostAt = this.#lostAt;
      this.#lostAt = null;
      this.handlers.status({ state: "live", lostAt });
      await client.ended;
    } finally {
      this.handlers.disconnected();
      client.close();
      this.#client = null;
    }
  }

  async #waitOffline(since: number): Promise<void> {
    const ms = retryDelay(this.#failures, Math.random());
    this.#failures += 1;
    this.handlers.status({ state: "offline", since });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** No further attempts: each would count as a wrong password of this user. */
  async #waitUnlocked(cause: LockCause): Promise<void> {
    this.#isLocked = true;
    this.handlers.status({ state: "locked", cause });
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function lost(): never {
  throw new ConnectError("unreachable", "the connection ended while catching up");
}
