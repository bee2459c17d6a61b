/** From a user name and a password to a workplace, or to why not. */
import { ConnectError, connect } from "../api/client";
import type { Credentials } from "../api/client";
import { loadPlace } from "./config";
import { saveCredentials, saveUser } from "./storage";
import { Workplace } from "./workplace.svelte";

export async function signIn(credentials: Credentials, stay: boolean): Promise<Workplace> {
  const place = await loadPlace();
  if (place.origins && !place.origins.includes(location.origin))
    throw new ConnectError("elsewhere", `NATS does not let in pages from ${location.origin}`);
  const first = await connect(place, credentials);
  saveUser(credentials.user);
  saveCredentials(stay ? credentials : null);
  return new Workplace(place, credentials, first);
}

/** For good: what was written and not sent is forgotten too. */
export function signOut(workplace: Workplace): void {
  workplace.leave(false);
  saveCredentials(null);
}
