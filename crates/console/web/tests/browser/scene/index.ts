/** The usual scene: a broker, two operators and their supervisor, a browser; of each test its own live chat. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { test as plain } from "vitest";

import { launch } from "./browser.ts";
import type { Caller } from "./caller.ts";
import { Desk } from "./desk.ts";
import { House, PASSWORD } from "./house.ts";
import { CODE, Messenger } from "./messenger.ts";

export { expect } from "vitest";
export { Desk, Messenger };
export type { Caller, House };

const STAFF = [
  { user: "olga", name: "Olga Ivanova", groups: ["operators"] },
  { user: "petr", name: "Petr Novak", groups: ["operators"] },
  { user: "vera", name: "Vera Stone", groups: ["supervisors"] },
];

interface OpenOptions extends BrowserContextOptions {
  /** Something is expected in the browser's console: a connection that was cut, say. */
  complains?: boolean;
}

interface File {
  browser: Browser;
  house: House;
  /** The administrator, without a page. */
  admin: Caller;
}

interface Scene extends File {
  /** The live chat of this test, which Olga and Petr staff. */
  liveChat: string;
  /** Opens the page, with nobody signed in. */
  visit: (options?: OpenOptions) => Promise<Desk>;
  /** Opens the page and signs in. */
  enter: (user: string, options?: OpenOptions) => Promise<Desk>;
  /** Starts a messenger with a person of this name, and connects it. */
  connect: (name: string, args?: string[], channel?: object) => Promise<Messenger>;
}

export const test = plain.extend<Scene>({
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
      for (const person of STAFF) await admin.ask("users.create", { ...person, password: PASSWORD });
      await use(admin);
      await admin.close();
    },
    { scope: "file" },
  ],
  liveChat: async ({ admin, task }, use) => {
    const users = ["olga", "petr"];
    const name = task.name.slice(0, 60);
    const { liveChat } = await admin.ask<{ liveChat: { id: string } }>("live-chats.create", { name, users });
    await use(liveChat.id);
    // The next test is not to see what happened in this one.
    await admin.ask("live-chats.delete", { liveChat: liveChat.id, force: true });
  },
  visit: async ({ browser, house, onTestFailed }, use) => {
    const desks: { desk: Desk; complains: boolean }[] = [];
    await use(async ({ complains = false, ...options } = {}) => {
      const context = await browser.newContext({ locale: "en-GB", viewport: SIZE, ...options });
      const desk = new Desk(await context.newPage(), context);
      desks.push({ desk, complains });
      await desk.page.goto(house.page);
      return desk;
    });
    for (const { desk } of desks) await desk.context.close();
    const wrong = desks.filter(({ complains }) => !complains).flatMap(({ desk }) => desk.complaints);
    if (wrong.length > 0) throw new Error(`the page complained:\n${wrong.join("\n")}`);
  },
  enter: async ({ visit, liveChat: _, }, use) => {
    await use(async (user, options) => {
      const desk = await visit(options);
      await desk.signIn(user);
      await desk.caughtUp();
      return desk;
    });
  },
  connect: async ({ admin, liveChat }, use) => {
    const messengers: Messenger[] = [];
    await use(async (name, args = [], channel = {}) => {
      const messenger = await Messenger.start(name, args);
      messengers.push(messenger);
      const { webhook } = messenger;
      const given = { liveChat, name: `Channel of ${name}`, webhook, code: CODE, ...channel };
      await admin.ask("channels.connect", given);
      return messenger;
    });
    for (const messenger of messengers) await messenger.kill();
  },
});

/** What the screenshots have too. */
const SIZE = { width: 1280, height: 800 };
