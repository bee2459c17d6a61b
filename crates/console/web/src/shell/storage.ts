/**
 * Data that survives a reload:
 *
 * - `localStorage`: the last user name, preferences, and each user's drafts and unsent messages.
 *   Signing out removes the drafts and unsent messages.
 * - `sessionStorage`: the credentials, only if "Keep me signed in on this tab" is checked.
 */
import type { Credentials } from "../api/client";
import type { UserId } from "../api/types";
import type { Unsent } from "../state/unsent";

const KEY = "switchboard";

function read<Value>(store: Storage, key: string, fallback: Value): Value {
  try {
    const text = store.getItem(`${KEY}.${key}`);
    return text === null ? fallback : (JSON.parse(text) as Value);
  } catch {
    return fallback;
  }
}

/** Failures only log a warning: nothing that was sent depends on storage. */
function write(store: Storage, key: string, value: unknown): void {
  try {
    if (value === null) store.removeItem(`${KEY}.${key}`);
    else store.setItem(`${KEY}.${key}`, JSON.stringify(value));
  } catch (error) {
    console.warn(`cannot store ${key}:`, error);
  }
}

export const loadUnsent = (user: UserId) =>
  read<Unsent>(localStorage, `unsent.${user}`, { drafts: [], outbox: [] });
export const saveUnsent = (user: UserId, unsent: Unsent | null) =>
  write(localStorage, `unsent.${user}`, unsent);

export const loadPreferences = <Value>(fallback: Value) =>
  ({ ...fallback, ...read(localStorage, "preferences", {}) }) as Value;
export const savePreferences = (value: unknown) => write(localStorage, "preferences", value);

export const loadUser = () => read<string>(localStorage, "user", "");
export const saveUser = (user: UserId) => write(localStorage, "user", user);

export const loadCredentials = () => read<Credentials | null>(sessionStorage, "credentials", null);
export const saveCredentials = (credentials: Credentials | null) =>
  write(sessionStorage, "credentials", credentials);
