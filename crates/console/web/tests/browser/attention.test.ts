import { expect, test, until } from "./fixtures";

/** Runs in the page: counts the tones of the alert. */
function countRings(): void {
  const start = OscillatorNode.prototype.start;
  const heard = window as unknown as { rings: number };
  heard.rings = 0;
  OscillatorNode.prototype.start = function (...args) {
    heard.rings += 1;
    return start.apply(this, args);
  };
}
const rings = () => (window as unknown as { rings: number }).rings;

test("unread messages are counted in the list, the tab and the title until they are seen", async ({
  takeSession,
}) => {
  const { ann, olga } = await takeSession();
  await until("nothing waits", async () => (await olga.page.title()) === "Switchboard");
  await olga.view("Mine");
  await olga.page.keyboard.press("Escape");
  ann.say("Are you there?", "Hello?");
  await olga.row("Ann Lee").getByText("2 unread messages").waitFor();
  await olga.tab("Mine").getByText("2 unread messages").waitFor();
  await until("the title says so", async () => (await olga.page.title()) === "(2) Switchboard");
  await olga.open("Ann Lee");
  await olga.row("Ann Lee").getByText("2 unread messages").waitFor({ state: "hidden" });
  await until("the title is quiet", async () => (await olga.page.title()) === "Switchboard");
  await until("the messenger hears that it was read", () => ann.requests("markAsRead").length > 0);
});

test("waiting sessions are counted in the title and show their waiting time", async ({
  annAndOlga,
}) => {
  const { ann, olga } = await annAndOlga("Hello");
  const waits = olga.row("Ann Lee").getByText("Waiting for a reply");
  await waits.waitFor();
  await until("the title says so", async () => (await olga.page.title()) === "(1) Switchboard");
  // Nobody waits for the answer to what they deleted.
  ann.say("/delete");
  await waits.waitFor({ state: "hidden" });
});

test("the list is filtered by text and by live chat", async ({ connect, signIn, createLiveChat }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  await createLiveChat("Sales");
  const olga = await signIn("olga");
  ann.say("I look for a lamp");
  bob.say("I look for a chair");
  await olga.row("Ann Lee").waitFor();
  await olga.row("Bob Ray").waitFor();
  const filter = olga.page.getByRole("searchbox", { name: "Search" });
  await filter.fill("bob");
  await olga.row("Ann Lee").waitFor({ state: "hidden" });
  expect(await olga.row("Bob Ray").isVisible()).toBe(true);
  await olga.sidebar.getByText("Filters hide 1 conversation").waitFor();
  await olga.button("Clear filters").click();
  await olga.row("Ann Lee").waitFor();
  await filter.fill("no such contact");
  await olga.button("Clear filters").click();
  await olga.row("Ann Lee").waitFor();
  await olga.page.getByRole("combobox", { name: "Live chat" }).selectOption("Sales");
  await olga.row("Ann Lee").waitFor({ state: "hidden" });
  await olga.page.getByRole("combobox", { name: "Live chat" }).selectOption("Support");
  await olga.row("Ann Lee").waitFor();
});

test("closed sessions are searched by the broker", async ({ connect, signIn }) => {
  const ann = await connect("Ann Lee");
  const bob = await connect("Bob Ray");
  const olga = await signIn("olga");
  for (const [person, name] of [
    [ann, "Ann Lee"],
    [bob, "Bob Ray"],
  ] as const) {
    person.say("Hello");
    await olga.take(name);
    await olga.close();
  }
  await olga.view("Closed");
  await olga.row("Ann Lee").waitFor();
  await olga.page.getByRole("searchbox", { name: "Search" }).fill("Bob");
  await olga.row("Ann Lee").waitFor({ state: "hidden" });
  await olga.row("Bob Ray").waitFor();
});

test("a message that fails in another conversation is marked, rings, and is found by a filter", async ({
  connect,
  minimalMessenger,
  openPage,
}) => {
  const ann = await connect("Ann Lee", "--fail", "422");
  const olga = await openPage();
  await olga.page.addInitScript(countRings);
  await olga.page.reload();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  ann.say("Hello");
  await minimalMessenger.say("Bob", "Hello");
  await olga.take("Ann Lee");
  await olga.take("Bob");
  const title = async () => olga.page.title();
  await until("nothing waits", async () => (await title()) === "Switchboard");
  const before = await olga.page.evaluate(rings);
  await olga.open("Ann Lee");
  await olga.reply.fill("This fails");
  // Leave the conversation in the same task, before the messenger answers.
  await olga.page.evaluate(() => {
    document.querySelector<HTMLButtonElement>("form button[type=submit]")!.click();
    const others = document.querySelectorAll<HTMLElement>("[role=option][aria-selected=false]");
    others[0]!.click();
  });
  await olga.row("Ann Lee").getByText("1 message failed").waitFor();
  await olga.tab("Mine").getByText("1 conversation with failed messages").waitFor();
  await until("the title says so", async () => (await title()) === "⚠ Switchboard");
  await until("it rings", async () => (await olga.page.evaluate(rings)) > before);
  await olga.button("Failed").click();
  await olga.row("Bob").waitFor({ state: "hidden" });
  await olga.open("Ann Lee");
  await ann.kill();
  await ann.start();
  await olga.button("Retry").click();
  await olga.waitUntilSent("This fails");
  await until("the title is quiet", async () => (await title()) === "Switchboard");
});

test("the alert sound repeats until the session is seen", async ({ connect, openPage }) => {
  const ann = await connect("Ann Lee");
  const olga = await openPage();
  await olga.page.addInitScript(countRings);
  await olga.page.reload();
  await olga.page.clock.install();
  await olga.signIn("olga");
  await olga.waitUntilLive();
  ann.say("Hello");
  await olga.row("Ann Lee").waitFor();
  const rang = async (more: number) => {
    await olga.page.clock.runFor(10_000);
    return until("it rings", async () => {
      const now = await olga.page.evaluate(rings);
      return now > more && now;
    });
  };
  await rang(await rang(0));
  // It goes on while the operator works elsewhere.
  await olga.page.keyboard.type("x");
  await olga.page.mouse.click(600, 400);
  await rang(await olga.page.evaluate(rings));
  await olga.open("Ann Lee");
  await olga.page.clock.runFor(1_000);
  const seen = await olga.page.evaluate(rings);
  await olga.page.clock.runFor(60_000);
  expect(await olga.page.evaluate(rings)).toBe(seen);
});
