/** Lets shortcuts and messages control the composer. */
import type { Id } from "../api/types";

class Composer {
  /** Both are set by the mounted composer. */
  focus: (note: boolean) => void = () => {};
  quote: (message: Id) => void = () => {};
}

export const composer = new Composer();
