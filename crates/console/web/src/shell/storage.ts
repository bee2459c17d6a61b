/**
 * What outlives a reload. Of the browser's stores only these keys are used:
 *
 * - `localStorage`: the user name signed in with last, preferences, and of each user the drafts and
 *   what waits to be sent. Signing out removes the latter two.
 * - `sessionStorage`: the password, only where "stay signed in on this tab" was ticked.
 */
import type { Credentials } from "../api/client";
import type { UserId } from "../api/types";
import type { Unsent } from "../state/unsent";

const KEY = "switchboard";

function read<Value>(store: Storage, key: string, otherwise: Value): Value {
  try {
    const text = store.getItem(`${KEY}.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as Value);
  } catch {
    return otherwise;
  }
}

/** A store that is full or forbidden costs comfort, and nothing that was sent. */
function write(store: Storage, key: string, value: unknown): void {
  try {
    if (value === null) store.removeItem(`${KEY}.${key}`);
    else store.setItem(`${KEY}.${key}`, JSON.stringify(value));
  } catch (error) {
    console.warn(`${key} is not kept over a reload:`, error);
  }
}

export const loadUnsent = (user: UserId) =>
  read<Unsent>(localStorage, `unsent.${user}`, { drafts: [], outbox: [] });
export const saveUnsent = (user: UserId, unsent: Unsent | null) =>
  write(localStorage, `unsent.${user}`, unsent);

export const loadPreferences = <Value>(otherwise: Value) =>
  ({ ...otherwise, ...read(localStorage, "preferences", {}) }) as Value;
export const savePreferences = (value: unknown) => write(localStorage, "preferences", value);

export const loadUser = () => read<string>(localStorage, "user", "");
export const saveUser = (user: UserId) => write(localStorage, "user", user);

export const loadCredentials = () => read<Credentials | null>(sessionStorage, "credentials", null);
export const saveCredentials = (credentials: Credentials | null) =>
  write(sessionStorage, "credentials", credentials);
