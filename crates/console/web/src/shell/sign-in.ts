import { ConnectError, connect } from "../api/client";
import type { BrokerConfig, Credentials } from "../api/client";
import { loadBrokerConfig } from "./config";
import type { Open } from "./connection";
import { saveCredentials, saveTabUser, saveUser } from "./storage";
import { Store } from "./store.svelte";

/** Signs in with a password that was just typed; rejects if that fails. */
export async function signIn(credentials: Credentials, stay: boolean): Promise<Store> {
  const open = opener();
  const first = await open(credentials);
  saveUser(credentials.user);
  saveCredentials(stay ? credentials : null);
  return new Store(open, credentials, first);
}

/** Signs in with a stored password. Tries again until the broker answers. */
export function resume(stored: Credentials): Store {
  saveTabUser(stored.user);
  saveCredentials(stored);
  return new Store(opener(), stored, null);
}

/** Goes on after the broker refused the stored or the former password. */
export async function unlock(store: Store, credentials: Credentials, stay: boolean): Promise<void> {
  await store.unlock(credentials.password);
  saveCredentials(stay ? credentials : null);
}

/** Ends the session and removes drafts, unsent messages and the stored password. */
export function signOut(store: Store): void {
  store.close({ keepUnsent: false });
  saveCredentials(null);
}

/** Opens connections to the broker, whose address is loaded once. */
function opener(): Open {
  let config: BrokerConfig | undefined;
  return async (credentials) => {
    const loaded = config ?? (await loadBrokerConfig());
    if (loaded.origins && !loaded.origins.includes(location.origin))
      throw new ConnectError("origin", `NATS does not accept the origin ${location.origin}`);
    config = loaded;
    return connect(loaded, credentials);
  };
}
