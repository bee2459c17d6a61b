/** Looking at a screen: with axe, in light and in dark, and for the documentation. */
import { AxeBuilder } from "@axe-core/playwright";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

const SCREENSHOTS = fileURLToPath(new URL("../../../../../../docs/screenshots/", import.meta.url));
/** Pictures are taken only when they are asked for, so that tests leave the tree as it is. */
const isWanted = process.env.SWITCHBOARD_SCREENSHOTS === "1";
const SCHEMES = ["light", "dark"] as const;

export class Gallery {
  /** What axe found, each with the screen and the element. */
  readonly faults: string[] = [];

  constructor(readonly locale: "en" | "ru") {}

  /** Looks at what is shown now. */
  async look(page: Page, screen: string): Promise<void> {
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const name = [screen, this.locale, scheme].join("-");
      for (const { id, nodes } of violations)
        this.faults.push(...nodes.map(({ html }) => `${name}: ${id}: ${html}`));
      if (isWanted) await this.#picture(page, name);
    }
  }

  async #picture(page: Page, name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, animations: "disabled" });
  }
}
