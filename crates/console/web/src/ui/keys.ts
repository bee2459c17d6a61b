/** Keys that text fields and lists handle themselves. */

/** Whether an input method handles the key. Safari reports the last one only as key code 229. */
export const isComposing = ({ isComposing, keyCode }: KeyboardEvent) =>
  isComposing || keyCode === 229;

/** Whether this is Enter, of either block. Keyboards of Android report no `code`. */
export const isEnter = ({ key, code }: KeyboardEvent) =>
  key === "Enter" || code === "Enter" || code === "NumpadEnter";
