/** The console API over one NATS connection, which does not reconnect: open a new one instead. */
import {
  AuthorizationError,
  NoRespondersError,
  TimeoutError,
  UserAuthenticationExpiredError,
  wsconnect,
} from "@nats-io/nats-core";
import type { NatsConnection } from "@nats-io/nats-core";

import { untilNotBusy } from "./busy";
import { ApiError } from "./error";
import { watch } from "./liveness";
import * as subjects from "./subjects";
import type { UserId } from "./types";

/** Default time for a response. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** The broker takes up to 10 s to check a password. */
const CONNECT_TIMEOUT_MS = 12_000;
/** When the broker has not answered a sign-in for so long, NATS rejects it like a wrong password. */
const SIGN_IN_TIMEOUT_MS = 10_000;

/** The content of `/config.json`. */
export interface BrokerConfig {
  workspace: string;
  websocket: string;
  /** The origins that NATS accepts; absent if unknown. */
  origins?: string[];
}

export interface Credentials {
  user: UserId;
  password: string;
}

export class ConnectError extends Error {
  constructor(
    readonly kind: "denied" | "unreachable" | "origin",
    message: string,
  ) {
    super(message);
    this.name = "ConnectError";
  }
}

export interface Api {
  request<Ok>(method: string, args?: object, timeoutMs?: number): Promise<Ok>;
}

export interface Client extends Api {
  /** The workspace's name, which is part of every subject. */
  readonly workspace: string;
  /** Subscribes until the connection ends. */
  subscribe(subject: string, onMessage: (subject: string, payload: unknown) => void): void;
  /** Resolves when the server has processed everything sent before. */
  flush(): Promise<void>;
  /** Resolves when the connection has ended, or when the server no longer answers. */
  readonly ended: Promise<void>;
  /** Ends the connection at once; does not wait for the server. */
  close(): void;
}

export async function connect(config: BrokerConfig, { user, password }: Credentials): Promise<Client> {
  const started = performance.now();
  const connecting = wsconnect({
    servers: config.websocket,
    user,
    pass: password,
    name: "switchboard console",
    inboxPrefix: subjects.inboxPrefix(user),
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
  });
  try {
    const nats = await Promise.race([connecting, connectTimeout()]);
    return clientOver(nats, config.workspace, user);
  } catch (thrown) {
    // Too late, it must not become a second connection.
    connecting.then((late) => late.close()).catch(() => undefined);
    const answered = performance.now() - started < SIGN_IN_TIMEOUT_MS;
    const denied =
      answered &&
      (thrown instanceof AuthorizationError || thrown instanceof UserAuthenticationExpiredError);
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ConnectError(denied ? "denied" : "unreachable", message);
  }
}

/** The library waits forever for a socket that opens and closes without sending anything. */
function connectTimeout(): Promise<never> {
  const message = "the server did not send its greeting in time";
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(message)), CONNECT_TIMEOUT_MS + 1_000);
  });
}

function clientOver(nats: NatsConnection, workspace: string, user: UserId): Client {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const stopWatching = watch(() => nats.flush(), close);
  // The library has ended a connection only after the close handshake, which a dead socket never
  // finishes. Nothing waits for it.
  function close() {
    stopWatching();
    end();
    nats.close().catch(() => undefined);
  }
  void nats.closed().then(close);
  return {
    workspace,
    ended,
    close,
    flush: () => nats.flush(),
    subscribe(subject, onMessage) {
      nats.subscribe(subject, {
        callback: (error, message) => {
          if (!error) onMessage(message.subject, message.json());
        },
      });
    },
    async request<Ok>(method: string, args: object = {}, timeout = REQUEST_TIMEOUT_MS) {
      const subject = subjects.method(workspace, user, method);
      return untilNotBusy(async () => {
        const response = await nats
          .request(subject, JSON.stringify(args), { timeout })
          .catch((thrown: unknown) => Promise.reject(requestError(thrown, method)));
        return unwrap<Ok>(response.json());
      });
    },
  };
}

interface Envelope<Ok> {
  ok?: Ok;
  error?: { code: string; message: string; details?: Record<string, unknown> };
}

function unwrap<Ok>({ ok, error }: Envelope<Ok>): Ok {
  if (error) throw new ApiError(error.code, error.message, error.details);
  if (ok === undefined) throw new ApiError("unexpected", "the response has neither ok nor error");
  return ok;
}

function requestError(thrown: unknown, method: string): ApiError {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (thrown instanceof TimeoutError || cause instanceof TimeoutError)
    return new ApiError("timeout", `${method} timed out`);
  if (thrown instanceof NoRespondersError || cause instanceof NoRespondersError)
    return new ApiError("away", `no responder for ${method}: the session router is not running`);
  return new ApiError("offline", `${method} failed: the connection is lost`);
}
