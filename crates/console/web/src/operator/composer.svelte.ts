/** Where the composer can be reached from elsewhere: the keyboard, and a message that is quoted. */
import type { Id } from "../api/types";

class Composer {
  /** Set by the composer while it is shown. */
  focus: (note: boolean) => void = () => {};
  quote: (message: Id) => void = () => {};
}

export const composer = new Composer();
