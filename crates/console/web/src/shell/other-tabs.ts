/**
 * Signs in new tabs and signs out all tabs of a user. A tab that stays signed in gives its
 * credentials to a tab of the same origin that asks. They are never stored for this.
 */
import type { Credentials } from "../api/client";
import type { UserId } from "../api/types";

const CHANNEL = "switchboard.sign-in";

type Note =
  | { kind: "ask" }
  | { kind: "credentials"; credentials: Credentials }
  | { kind: "signed-out"; user: UserId };

/**
 * Answers tabs that ask, while there are credentials, and calls `onSignedOut` when a user signs out
 * in another tab, until the returned function is called.
 */
export function answerOtherTabs(
  load: () => Credentials | null,
  onSignedOut: (user: UserId) => void,
): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<Note>) => {
    if (data.kind === "signed-out") onSignedOut(data.user);
    const credentials = data.kind === "ask" ? load() : null;
    if (credentials) channel.postMessage({ kind: "credentials", credentials } satisfies Note);
  };
  return () => channel.close();
}

/** Signs the user out in all other tabs. */
export function signOutOtherTabs(user: UserId): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ kind: "signed-out", user } satisfies Note);
  channel.close();
}

/** Asks other tabs. Returns null if none has answered after `timeoutMs`. */
export function askOtherTabs(timeoutMs: number): Promise<Credentials | null> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL);
    const end = (credentials: Credentials | null) => {
      channel.close();
      clearTimeout(timer);
      resolve(credentials);
    };
    const timer = setTimeout(() => end(null), timeoutMs);
    channel.onmessage = ({ data }: MessageEvent<Note>) => {
      if (data.kind === "credentials") end(data.credentials);
    };
    channel.postMessage({ kind: "ask" } satisfies Note);
  });
}
