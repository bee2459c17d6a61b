/** Screens in a language, looked at with axe in light and in dark, and for the documentation. */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page } from "playwright-core";

import { admin as adminEn } from "../../../src/i18n/admin.en";
import { admin as adminRu } from "../../../src/i18n/admin.ru";
import { en } from "../../../src/i18n/en";
import { ru } from "../../../src/i18n/ru";
import { PASSWORD } from "./house";

const SCREENSHOTS = fileURLToPath(new URL("../../../../../../docs/screenshots/", import.meta.url));
/** Pictures are taken only when they are asked for, so that tests leave the tree as it is. */
const isWanted = process.env.SWITCHBOARD_SCREENSHOTS === "1";
const SCHEMES = ["light", "dark"] as const;
const COLOURS = ["color-contrast"];
const TEXTS = { en: { ...en, ...adminEn }, ru: { ...ru, ...adminRu } };

export type Locale = keyof typeof TEXTS;

/** What a page needs to be looked at: axe comes as a script, which the page's policy forbids. */
export const visitIn = (locale: Locale) => ({
  bypassCSP: true,
  reducedMotion: "reduce" as const,
  locale: locale === "ru" ? "ru-RU" : "en-GB",
});

export class Gallery {
  /** What axe found, each with the screen and the element. */
  readonly faults: string[] = [];

  constructor(
    readonly page: Page,
    readonly locale: Locale,
  ) {}

  /** A text of the page, one without plural forms. */
  words(key: keyof (typeof TEXTS)["en"]): string {
    return String(TEXTS[this.locale][key]);
  }

  get main(): Locator {
    return this.page.getByRole("main");
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  async signIn(user: string): Promise<void> {
    await this.page.getByRole("textbox", { name: this.words("signIn.user") }).fill(user);
    await this.page.getByLabel(this.words("signIn.password"), { exact: true }).fill(PASSWORD);
    await this.page.getByRole("button", { name: this.words("signIn.enter") }).click();
    await this.page.getByText(this.words("connection.live")).first().waitFor();
  }

  /** Goes to an address behind `#/`, and waits until this is seen. */
  async go(path: string, seen: string): Promise<void> {
    await this.page.evaluate((hash) => (location.hash = hash), `#/${path}`);
    const panes = this.main.or(this.page.getByRole("complementary"));
    const text = panes.getByText(seen).filter({ visible: true });
    await text.first().waitFor();
  }

  /** Looks at what is shown now. */
  async look(screen: string): Promise<void> {
    for (const scheme of SCHEMES) {
      await this.page.emulateMedia({ colorScheme: scheme });
      await this.page.evaluate(settled);
      const axe = new AxeBuilder({ page: this.page });
      // Only the colours are others in the dark.
      const { violations } = await (scheme === "dark" ? axe.withRules(COLOURS) : axe).analyze();
      const name = [screen, this.locale, scheme].join("-");
      for (const { id, nodes } of violations)
        this.faults.push(...nodes.map(({ html }) => `${name}: ${id}: ${html}`));
      const isPictured = screen === "conversation" || name === `${screen}-en-light`;
      if (isWanted && isPictured) await this.#picture(name);
    }
  }

  /** Opens a dialog, looks at it, and closes it. */
  async lookInto(screen: string, open: () => Promise<void>): Promise<void> {
    await open();
    await this.dialog.waitFor();
    await this.look(screen);
    await this.page.keyboard.press("Escape");
    await this.dialog.waitFor({ state: "hidden" });
  }

  /** The same with the first button of this name. */
  async lookBehind(button: string, screen: string): Promise<void> {
    await this.lookInto(screen, () =>
      this.main.getByRole("button", { name: button }).first().click(),
    );
  }

  async #picture(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SCREENSHOTS}${name}.png`, animations: "disabled" });
  }
}

/** Runs in the page: the colours are those of the scheme, and none is on its way. */
async function settled(): Promise<void> {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
}
