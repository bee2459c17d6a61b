/**
 * Keeps a connection to the broker while the user is signed in. A lost connection is replaced by a
 * new one after a delay that grows with each failure.
 */
import { ConnectError, connect } from "../api/client";
import type { BrokerConfig, Client, Credentials } from "../api/client";

export type Status =
  | { state: "connecting" }
  | { state: "catching-up" }
  | { state: "live" }
  | { state: "offline"; since: number; cause: "denied" | "unreachable" };

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

/** Opens a connection again and again until `stop`, starting with one that is open already. */
export class Connection {
  #isStopped = false;
  #client: Client | null;
  #failures = 0;
  #offlineSince: number | null = null;
  #wake = () => {};

  constructor(
    private readonly config: BrokerConfig,
    private readonly credentials: Credentials,
    first: Client,
    private readonly handlers: ConnectionHandlers,
    private readonly open: typeof connect = connect,
  ) {
    this.#client = first;
    void this.#run();
  }

  /** Skips the current delay. */
  retryNow(): void {
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
    void this.#client?.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      let isDenied = false;
      try {
        await this.#runOnce();
      } catch (error) {
        isDenied = error instanceof ConnectError && error.kind === "denied";
      }
      if (!this.#isStopped) await this.#waitOffline(isDenied ? "denied" : "unreachable");
    }
  }

  async #runOnce(): Promise<void> {
    // While offline, keep the offline status until a connection is up.
    if (this.#offlineSince === null) this.handlers.status({ state: "connecting" });
    const client = (this.#client ??= await this.open(this.config, this.credentials));
    try {
      if (this.#isStopped) return;
      this.handlers.status({ state: "catching-up" });
      await Promise.race([this.handlers.connected(client), client.ended.then(lost)]);
      this.#failures = 0;
      this.#offlineSince = null;
      this.handlers.status({ state: "live" });
      await client.ended;
    } finally {
      this.handlers.disconnected();
      await client.close();
      this.#client = null;
    }
  }

  async #waitOffline(cause: "denied" | "unreachable"): Promise<void> {
    const since = (this.#offlineSince ??= Date.now());
    const ms = retryDelay(this.#failures, Math.random());
    this.#failures += 1;
    this.handlers.status({ state: "offline", since, cause });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function lost(): never {
  throw new ConnectError("unreachable", "the connection ended while catching up");
}
