/**
 * Keeps a connection to the broker for as long as somebody is signed in: when one has ended, the
 * next is made, for ever, with a pause that grows and is never the same for two consoles.
 */
import { ConnectError, connect } from "../api/client";
import type { Client, Credentials, Place } from "../api/client";

/** How the connection is, without sugar. */
export type Status =
  | { state: "connecting" }
  | { state: "catching-up" }
  | { state: "live" }
  | { state: "offline"; since: number; why: "denied" | "unreachable" };

const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 15_000;

/** Grows with each failure in a row; between half and all of it, by chance. */
export function pause(failures: number, chance: number): number {
  const whole = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** failures);
  return whole * (0.5 + chance / 2);
}

export interface Ears {
  /** A connection stands: hear the feed, and catch up. The link is live once this has resolved. */
  connected(client: Client): Promise<void>;
  /** There is none any more. */
  disconnected(): void;
  status(status: Status): void;
}

export interface Link {
  /** Do not wait out the pause. */
  retryNow(): void;
  stop(): void;
}

export function keep(
  place: Place,
  credentials: Credentials,
  first: Client,
  ears: Ears,
  connecting: typeof connect = connect,
): Link {
  let stopped = false;
  let client: Client | null = first;
  let failures = 0;
  let offlineSince: number | null = null;
  let wake = () => {};

  const offline = async (why: "denied" | "unreachable") => {
    offlineSince ??= Date.now();
    const ms = pause(failures, Math.random());
    failures += 1;
    ears.status({ state: "offline", since: offlineSince, why });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const once = async () => {
    // Who has been offline stays so, in words, until there is a connection again.
    if (offlineSince === null) ears.status({ state: "connecting" });
    client ??= await connecting(place, credentials);
    try {
      if (stopped) return;
      ears.status({ state: "catching-up" });
      await Promise.race([ears.connected(client), client.ended.then(broken)]);
      failures = 0;
      offlineSince = null;
      ears.status({ state: "live" });
      await client.ended;
    } finally {
      ears.disconnected();
      await client.close();
      client = null;
    }
  };

  const run = async () => {
    while (!stopped) {
      let denied = false;
      try {
        await once();
      } catch (error) {
        denied = error instanceof ConnectError && error.reason === "denied";
      }
      if (!stopped) await offline(denied ? "denied" : "unreachable");
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

function broken(): never {
  throw new ConnectError("unreachable", "the connection ended while catching up");
}
