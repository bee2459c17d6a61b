/** The usual scene: a broker with its staff, a browser, and of each test its own live chat. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { test as plain } from "vitest";

import { Adapter } from "./adapter";
import { launch } from "./browser";
import type { Caller } from "./caller";
import { Desk } from "./desk";
import { House, PASSWORD } from "./house";
import { CODE, Messenger } from "./messenger";

export { expect } from "vitest";
export { until } from "./patience";
export { CODE, PASSWORD };
export type { Adapter, Caller, Desk, House, Messenger };

const STAFF = [
  { user: "olga", name: "Olga Ivanova", groups: ["operators"] },
  { user: "petr", name: "Petr Novak", groups: ["operators"] },
  { user: "vera", name: "Vera Stone", groups: ["supervisors"] },
];
/** What the screenshots have too. */
const viewport = { width: 1280, height: 800 };

export interface VisitOptions extends BrowserContextOptions {
  /** The browser's console may have complaints: a connection is cut, say. */
  complains?: boolean;
}

interface Scene {
  /** One browser for the file. */
  browser: Browser;
  /** One broker for the file. */
  house: House;
  /** The administrator, without a page. */
  admin: Caller;
  /** Makes a live chat that Olga and Petr staff, which is gone after the test. */
  found: (name: string) => Promise<string>;
  /** The live chat of the test. */
  liveChat: string;
  /** Opens the page, with nobody signed in. */
  visit: (options?: VisitOptions) => Promise<Desk>;
  /** Opens the page and signs in. */
  enter: (user: string, options?: VisitOptions) => Promise<Desk>;
  /** Starts a messenger with a person of this name; `args` are further flags of the command. */
  messenger: (name: string, ...args: string[]) => Promise<Messenger>;
  /** The same, and connects it. */
  connect: (name: string, ...args: string[]) => Promise<Messenger>;
  /** The plainest of messengers, connected. */
  adapter: Adapter;
}

const houses = plain.extend<Pick<Scene, "browser" | "house" | "admin">>({
  browser: [
    async ({}, use) => {
      const browser = await launch();
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  house: [
    async ({}, use) => {
      const house = await House.open();
      await use(house);
      await house.close();
    },
    { scope: "file" },
  ],
  admin: [
    async ({ house }, use) => {
      const admin = await house.signIn("admin");
      for (const one of STAFF) await admin.ask("users.create", { ...one, password: PASSWORD });
      await use(admin);
      await admin.close();
    },
    { scope: "file" },
  ],
});

export const test = houses.extend<Omit<Scene, "browser" | "house" | "admin">>({
  found: async ({ admin }, use) => {
    const made: string[] = [];
    await use(async (name) => {
      const args = { name, users: ["olga", "petr"] };
      const { liveChat } = await admin.ask<{ liveChat: { id: string } }>("live-chats.create", args);
      made.push(liveChat.id);
      return liveChat.id;
    });
    // The next test is not to see what happened in this one.
    for (const liveChat of made) await admin.ask("live-chats.delete", { liveChat, force: true });
  },
  liveChat: async ({ found }, use) => {
    await use(await found("Support"));
  },
  // Named, `found` ends after the page: nobody looks on while a live chat goes.
  visit: async ({ browser, house, task, found: _ }, use) => {
    const open: [Desk, VisitOptions][] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ locale: "en-GB", viewport, ...options });
      const desk = new Desk(await context.newPage());
      open.push([desk, options]);
      await desk.page.goto(house.page);
      return desk;
    });
    for (const [desk] of open) {
      if (hasFailed(task)) console.log(await desk.page.locator("body").ariaSnapshot());
      await desk.page.context().close();
    }
    const complaints = open.flatMap(([desk, { complains }]) => (complains ? [] : desk.complaints));
    if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join("\n")}`);
  },
  // The live chat is named so that it is there before its operators are.
  enter: async ({ visit, liveChat: _ }, use) => {
    await use(async (user, options) => {
      const desk = await visit(options);
      await desk.signIn(user);
      await desk.caughtUp();
      return desk;
    });
  },
  messenger: async ({ task }, use) => {
    const started: Messenger[] = [];
    await use(async (person, ...args) => {
      const messenger = await Messenger.start(person, args);
      started.push(messenger);
      return messenger;
    });
    for (const messenger of started) {
      if (hasFailed(task)) console.log(messenger.lastWords);
      await messenger.kill();
    }
  },
  connect: async ({ admin, liveChat, messenger }, use) => {
    await use(async (person, ...args) => {
      const started = await messenger(person, ...args);
      const { webhook } = started;
      await admin.ask("channels.connect", { liveChat, name: `${person}'s`, webhook, code: CODE });
      return started;
    });
  },
  adapter: async ({ admin, liveChat }, use) => {
    const adapter = await Adapter.start();
    const { webhook } = adapter;
    await admin.ask("channels.connect", { liveChat, name: "Adapter", webhook, code: CODE });
    await use(adapter);
    await adapter.close();
  },
});

/** Then what was seen and told is printed. */
const hasFailed = ({ result }: { result?: { errors?: unknown[] } }) =>
  (result?.errors?.length ?? 0) > 0;
