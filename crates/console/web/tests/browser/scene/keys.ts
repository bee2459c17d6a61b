/** A keyboard with the Russian layout: the places of the keys, and the letters on them. */
import type { Page } from "playwright-core";

const LETTERS: Record<string, string> = {
  KeyC: "с",
  KeyJ: "о",
  KeyK: "л",
  KeyN: "т",
  KeyP: "з",
  KeyT: "е",
};

/** Presses a key of it, with Ctrl if that is said. */
export async function pressRussian(page: Page, code: string, ctrl = false): Promise<void> {
  const key = LETTERS[code];
  if (!key) throw new Error(`${code} is not on this keyboard; add it`);
  const devtools = await page.context().newCDPSession(page);
  const press = { code, key, modifiers: ctrl ? 2 : 0 };
  await devtools.send("Input.dispatchKeyEvent", {
    type: ctrl ? "rawKeyDown" : "keyDown",
    ...press,
    ...(!ctrl && { text: key }),
  });
  await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", ...press });
  await devtools.detach();
}
