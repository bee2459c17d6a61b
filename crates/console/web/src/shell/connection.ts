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

export interface Connection {
  /** Skips the current delay. */
  retryNow(): void;
  stop(): void;
}

export function keepConnected(
  config: BrokerConfig,
  credentials: Credentials,
  first: Client,
  handlers: ConnectionHandlers,
  open: typeof connect = connect,
): Connection {
  let stopped = false;
  let client: Client | null = first;
  let failures = 0;
  let offlineSince: number | null = null;
  let wake = () => {};

  const waitOffline = async (cause: "denied" | "unreachable") => {
    offlineSince ??= Date.now();
    const ms = retryDelay(failures, Math.random());
    failures += 1;
    handlers.status({ state: "offline", since: offlineSince, cause });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const runOnce = async () => {
    // While offline, keep the offline status until a connection is up.
    if (offlineSince === null) handlers.status({ state: "connecting" });
    client ??= await open(config, credentials);
    try {
      if (stopped) return;
      handlers.status({ state: "catching-up" });
      await Promise.race([handlers.connected(client), client.ended.then(lost)]);
      failures = 0;
      offlineSince = null;
      handlers.status({ state: "live" });
      await client.ended;
    } finally {
      handlers.disconnected();
      await client.close();
      client = null;
    }
  };

  const run = async () => {
    while (!stopped) {
      let isDenied = false;
      try {
        await runOnce();
      } catch (error) {
        isDenied = error instanceof ConnectError && error.kind === "denied";
      }
      if (!stopped) await waitOffline(isDenied ? "denied" : "unreachable");
    }
  };

  void run();
  return {
    retryNow: () => wake(),
    stop() {
      stopped = true;
      wake();
      void client?.close();
    },
  };
}

function lost(): never {
  throw new ConnectError("unreachable", "the connection ended while catching up");
}
