import { expect, test } from "./fixtures";

test("a group has its newest name, and its messages and typing signals their people", async ({
  minimalMessenger,
  signIn,
}) => {
  const say = (person: string, text: string, name = "Dacha") =>
    minimalMessenger.say(person, text, { id: "g-1", name });
  for (const person of ["Ann", "Boris", "Cyril"]) await say(person, `I am ${person}`);
  const olga = await signIn("olga");
  await olga.open("Dacha");
  for (const person of ["Ann", "Boris", "Cyril"]) {
    const message = olga.message(`I am ${person}`);
    await message.locator(".author", { hasText: person }).waitFor();
  }
  await say("Cyril", "Hello", "Dacha 2026");
  await olga.thread("Dacha 2026").waitFor();
  await olga.row("Dacha 2026").filter({ hasText: "Cyril: Hello" }).waitFor();
  // Each message of a group has its author.
  expect(await olga.message("Hello").locator(".author").innerText()).toBe("Cyril");
  await minimalMessenger.type("Boris", "g-1");
  await olga.page.getByText("Boris is typing…").first().waitFor();
  expect(await olga.page.getByText("Ann is typing…").count()).toBe(0);
});
