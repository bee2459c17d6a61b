/** The administrator's part of the page. */
import type { Locator, Page } from "playwright-core";

import type { Desk } from "./desk";

type Section = "Live chats" | "Deliveries" | "People" | "Users" | "Audit trail";

export class Office {
  private constructor(readonly desk: Desk) {}

  /** Goes there from the desk. */
  static async enter(desk: Desk): Promise<Office> {
    await desk.menu("Administration");
    const office = new Office(desk);
    await office.heading("Live chats").waitFor();
    return office;
  }

  get page(): Page {
    return this.desk.page;
  }

  get main(): Locator {
    return this.page.getByRole("main");
  }

  get dialog(): Locator {
    return this.desk.dialog;
  }

  heading(name: string): Locator {
    return this.main.getByRole("heading", { name, exact: true });
  }

  async section(name: Section): Promise<void> {
    const doors = this.page.getByRole("navigation", { name: "Administration" });
    await doors.getByRole("link", { name }).click();
    await this.heading(name).waitFor();
  }

  async liveChat(name: string): Promise<void> {
    await this.section("Live chats");
    await this.main.getByRole("link", { name, exact: true }).click();
    await this.heading(name).waitFor();
  }

  async channel(liveChat: string, name: string): Promise<void> {
    await this.liveChat(liveChat);
    await this.main.getByRole("link", { name, exact: true }).click();
    await this.heading(name).waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.main.getByRole("button", { name });
  }

  /** A row of the table that is shown. */
  row(text: string): Locator {
    return this.main.getByRole("row").filter({ hasText: text });
  }

  /** Fills in a field of the dialog that is open. */
  async fill(label: string, text: string): Promise<void> {
    await this.dialog.getByLabel(label, { exact: true }).fill(text);
  }

  /** Presses a button of the dialog that is open; the cross at its head is called Close as well. */
  async press(name: string): Promise<void> {
    await this.dialog.getByRole("button", { name, exact: true }).last().click();
  }

  /** Presses it, and waits until the dialog is done. */
  async finish(name: string): Promise<void> {
    await this.press(name);
    await this.dialog.waitFor({ state: "hidden" });
  }
}
