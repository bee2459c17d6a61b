/** The browser: Chromium, which talks to nobody but the broker. */
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const ALONE = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

export function launch(): Promise<Browser> {
  const executablePath = process.env.SWITCHBOARD_TEST_CHROMIUM;
  if (!executablePath)
    throw new Error("SWITCHBOARD_TEST_CHROMIUM names no Chromium; run `./just browser`");
  // Chromium cannot be root in its sandbox; the only pages it sees are ours.
  return chromium.launch({
    executablePath,
    args: ALONE,
    chromiumSandbox: process.getuid?.() !== 0,
  });
}
