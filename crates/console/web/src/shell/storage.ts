/**
 * Data that survives a reload:
 *
 * - `localStorage`: the last user name, preferences, and each user's drafts and unsent messages.
 *   Signing out removes the drafts and unsent messages.
 * - `sessionStorage`: the credentials, only if "Keep me signed in" is checked.
 *
 * `sessionStorage` also has the last user name of the tab, and `localStorage` the number of each
 * user's sign-outs. A browser may block either, and `localStorage` may be full. What could not be
 * stored is kept in memory.
 */
import type { Credentials } from "../api/client";
import type { UserId } from "../api/types";
import type { Unsent } from "../state/unsent";

const KEY = "switchboard";

/** A storage of the browser, and in memory what it did not accept. */
class Place {
  readonly #memory = new Map<string, string>();

  /** `open` throws if the browser blocks the storage. */
  constructor(private readonly open: () => Storage) {}

  read<Value>(key: string, fallback: Value): Value {
    try {
      const text = this.#memory.get(key) ?? this.open().getItem(`${KEY}.${key}`);
      return text === null ? fallback : (JSON.parse(text) as Value);
    } catch {
      return fallback;
    }
  }

  /** Returns whether the value survives a reload. */
  write(key: string, value: unknown): boolean {
    const text = JSON.stringify(value);
    this.#memory.delete(key);
    try {
      if (value === null) this.open().removeItem(`${KEY}.${key}`);
      else this.open().setItem(`${KEY}.${key}`, text);
      return true;
    } catch (error) {
      console.warn(`cannot store ${key}:`, error);
      if (value !== null) this.#memory.set(key, text);
      return value === null;
    }
  }
}

const local = new Place(() => localStorage);
const session = new Place(() => sessionStorage);

/** Whether the browser stores anything at all. */
export const canStore = () => local.write("probe", 1) && local.write("probe", null);

const unsentKey = (user: UserId) => `unsent.${user}`;

export const loadUnsent = (user: UserId) =>
  local.read<Unsent>(unsentKey(user), { drafts: [], outbox: [] });
export const saveUnsent = (user: UserId, unsent: Unsent | null) =>
  local.write(unsentKey(user), unsent);

export const loadPreferences = <Value>(fallback: Value) =>
  ({ ...fallback, ...local.read("preferences", {}) }) as Value;
export const savePreferences = (value: unknown) => local.write("preferences", value);

export const loadUser = () => local.read<string>("user", "");
export const saveUser = (user: UserId) => {
  local.write("user", user);
  saveTabUser(user);
};

export const saveTabUser = (user: UserId) => session.write("user", user);
/** Whether nobody has signed in on this tab, and it will be known if somebody does. */
export const isNewTab = () => !session.read("user", "") && session.write("user", "");

const signOuts = (user: UserId) => local.read(`signOuts.${user}`, 0);
/** Invalidates the user's credentials in all tabs, also in those that the browser has unloaded. */
export const countSignOut = (user: UserId) => local.write(`signOuts.${user}`, signOuts(user) + 1);

type Stored = Credentials & { signOuts: number };

export function loadCredentials(): Credentials | null {
  const stored = session.read<Stored | null>("credentials", null);
  return stored && stored.signOuts === signOuts(stored.user) ? stored : null;
}
export function saveCredentials(credentials: Credentials | null): void {
  const stored = credentials && { ...credentials, signOuts: signOuts(credentials.user) };
  session.write("credentials", stored);
}
