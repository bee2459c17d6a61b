/** The console API over one connection to NATS. A broken one is never mended: make another. */
import {
  AuthorizationError,
  NoRespondersError,
  TimeoutError,
  UserAuthenticationExpiredError,
  wsconnect,
} from "@nats-io/nats-core";
import type { NatsConnection } from "@nats-io/nats-core";

import { ApiError } from "./error";
import * as subjects from "./subjects";
import type { UserId } from "./types";

/** How long an answer may take, unless the call says otherwise. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** How long connecting may take: the broker's own bound for checking a password is 10 s. */
const CONNECT_TIMEOUT_MS = 12_000;
/** A connection that is silent for two of these is given up. */
const PING_INTERVAL_MS = 5_000;

/** Where the broker is: `/config.json`. */
export interface Place {
  workspace: string;
  websocket: string;
  /** The pages that NATS lets connect; absent where it is not known. */
  origins?: string[];
}

export interface Credentials {
  user: UserId;
  password: string;
}

/** Why there is no connection. */
export class ConnectError extends Error {
  constructor(
    readonly reason: "denied" | "unreachable" | "elsewhere",
    message: string,
  ) {
    super(message);
    this.name = "ConnectError";
  }
}

/** What the calls of this folder need: to ask by a method's name. */
export interface Api {
  ask<Ok>(method: string, args?: object, timeoutMs?: number): Promise<Ok>;
}

export interface Client extends Api {
  /** Hears what is published until the connection ends. */
  hear(subject: string, heard: (subject: string, payload: unknown) => void): void;
  /** Resolves once the server has seen everything sent before. */
  settle(): Promise<void>;
  /** Resolves when the connection has ended, with why, if that is known. */
  readonly ended: Promise<void | Error>;
  close(): Promise<void>;
}

export async function connect(place: Place, { user, password }: Credentials): Promise<Client> {
  let nats: NatsConnection;
  try {
    const connecting = wsconnect({
      servers: place.websocket,
      user,
      pass: password,
      name: "switchboard console",
      inboxPrefix: subjects.inboxPrefix(user),
      reconnect: false,
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
    });
    nats = await Promise.race([connecting, overdue()]);
  } catch (thrown) {
    const denied =
      thrown instanceof AuthorizationError || thrown instanceof UserAuthenticationExpiredError;
    const words = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ConnectError(denied ? "denied" : "unreachable", words);
  }
  return over(nats, place.workspace, user);
}

/** For a socket that opens and ends without a word the library itself would wait for ever. */
function overdue(): Promise<never> {
  const words = "the server has not introduced itself in time";
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(words)), CONNECT_TIMEOUT_MS + 1_000);
  });
}

function over(nats: NatsConnection, workspace: string, user: UserId): Client {
  return {
    ended: nats.closed(),
    settle: () => nats.flush(),
    close: () => nats.close(),
    hear(subject, heard) {
      nats.subscribe(subject, {
        callback: (error, message) => {
          if (!error) heard(message.subject, message.json());
        },
      });
    },
    async ask<Ok>(method: string, args: object = {}, timeout = REQUEST_TIMEOUT_MS) {
      const subject = subjects.method(workspace, user, method);
      const answer = await nats
        .request(subject, JSON.stringify(args), { timeout })
        .catch((thrown: unknown) => Promise.reject(unanswered(thrown, method)));
      return judge<Ok>(answer.json());
    },
  };
}

interface Envelope<Ok> {
  ok?: Ok;
  error?: { code: string; message: string; details?: Record<string, unknown> };
}

function judge<Ok>({ ok, error }: Envelope<Ok>): Ok {
  if (error) throw new ApiError(error.code, error.message, error.details);
  if (ok === undefined) throw new ApiError("unexpected", "the answer has neither ok nor error");
  return ok;
}

function unanswered(thrown: unknown, method: string): ApiError {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (thrown instanceof TimeoutError || cause instanceof TimeoutError)
    return new ApiError("timeout", `${method} was not answered in time`);
  if (thrown instanceof NoRespondersError || cause instanceof NoRespondersError)
    return new ApiError("away", `nobody answers ${method}: the router is away`);
  return new ApiError("offline", `${method} was not answered: the connection is gone`);
}
