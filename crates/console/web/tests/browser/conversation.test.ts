import { expect, test } from "./scene/index.ts";

test("what a person writes is taken, answered, and delivered exactly once", async ({ connect, enter }) => {
  const ann = await connect("Ann Lee", ["--auto-receipts"]);
  const olga = await enter("olga");
  ann.say("Is anybody there?");

  await olga.take("Ann Lee");
  await olga.message("Is anybody there?").waitFor();
  await olga.send("Yes, I am.");
  await olga.message("Yes, I am.").getByText("Read").waitFor();

  expect(ann.received).toEqual(["Yes, I am."]);
  expect(await olga.texts()).toEqual(["Is anybody there?", "Yes, I am."]);
});
