/** The page as an operator has it: everything is found by its role and its name. */
import type { Locator, Page } from "playwright-core";

import { PASSWORD } from "./house";

export class Desk {
  /** What the page complained of in the browser's console, and what it threw. */
  readonly complaints: string[] = [];

  constructor(readonly page: Page) {
    page.on("pageerror", (error) => this.complaints.push(error.stack ?? error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
  }

  async signIn(user: string, password = PASSWORD): Promise<void> {
    const { page } = this;
    await page.getByRole("textbox", { name: "User name" }).fill(user);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Waits until the page has everything that there is. */
  async caughtUp(): Promise<void> {
    await this.connection.filter({ hasText: "Caught up to" }).waitFor();
  }

  /** What the page says of its connection. */
  get connection(): Locator {
    return this.sidebar.getByRole("status");
  }

  get sidebar(): Locator {
    return this.page.getByRole("complementary", { name: "Sessions" });
  }

  async view(name: "Queue" | "Mine" | "Active" | "Closed"): Promise<void> {
    await this.tab(name).click();
  }

  tab(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Views" }).getByRole("link", { name });
  }

  /** A person's row in the list. */
  row(name: string): Locator {
    return this.sidebar.getByRole("option").filter({ hasText: name });
  }

  /** Opens a person's session, and waits until it is shown. */
  async open(name: string): Promise<void> {
    await this.row(name).click();
    await this.thread(name).waitFor();
  }

  thread(name: string): Locator {
    return this.page.getByRole("region", { name });
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  /** What somebody wrote, in the thread that is open. */
  message(text: string): Locator {
    return this.log.getByRole("article").filter({ hasText: text });
  }

  /** Everything that was written in the thread that is open, from above to below. */
  async texts(): Promise<string[]> {
    const paragraphs = await this.log.getByRole("article").locator("p[dir=auto]").allInnerTexts();
    return paragraphs.map((text) => text.trim());
  }

  get answer(): Locator {
    return this.page.getByRole("textbox", { name: "Your answer" });
  }

  get note(): Locator {
    return this.page.getByRole("textbox", { name: "Your note" });
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  async send(text: string): Promise<void> {
    await this.answer.fill(text);
    await this.answer.press("Enter");
  }

  /** Opens somebody's session from the queue and takes it. */
  async take(name: string): Promise<void> {
    await this.view("Queue");
    await this.open(name);
    await this.button("Take").click();
    await this.thread(name).getByText("With you").waitFor();
  }

  /** Carries out something of the menu. */
  async menu(name: string): Promise<void> {
    await this.button("Menu").click();
    await this.page.getByRole("menu").getByText(name, { exact: true }).click();
  }
}
