import { createContext } from "svelte";

import type { Workplace } from "./workplace.svelte";

/** The workplace, for every screen behind the sign-in. */
export const [useWorkplace, provideWorkplace] = createContext<Workplace>();
