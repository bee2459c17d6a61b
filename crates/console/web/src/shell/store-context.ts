import { createContext } from "svelte";

import type { Store } from "./store.svelte";

export const [useStore, provideStore] = createContext<Store>();
