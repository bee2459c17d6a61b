import { ConnectError, connect } from "../api/client";
import type { Credentials } from "../api/client";
import { loadReasons } from "../i18n/reasons.svelte";
import { loadBrokerConfig } from "./config";
import { saveCredentials, saveUser } from "./storage";
import { Store } from "./store.svelte";

export async function signIn(credentials: Credentials, stay: boolean): Promise<Store> {
  const config = await loadBrokerConfig();
  if (config.origins && !config.origins.includes(location.origin))
    throw new ConnectError("origin", `NATS does not accept the origin ${location.origin}`);
  const first = await connect(config, credentials);
  // Without these texts reasons are shown in English.
  void loadReasons().catch(() => undefined);
  saveUser(credentials.user);
  saveCredentials(stay ? credentials : null);
  return new Store(config, credentials, first);
}

/** Ends the session and removes drafts, unsent messages and the stored password. */
export function signOut(store: Store): void {
  store.close({ keepUnsent: false });
  saveCredentials(null);
}
