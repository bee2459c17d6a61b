import { expect, test } from "./fixtures";

/** The methods for administrators only, with sample arguments. */
const METHODS: Record<string, object> = {
  "live-chats.create": { name: "Mine" },
  "live-chats.rename": { name: "Mine" },
  "live-chats.delete": { force: true },
  "live-chats.members": { users: ["olga"] },
  "channels.connect": { name: "Mine", webhook: "https://example.org/", code: "a code" },
  "channels.disconnect": {},
  "channels.reconnect": {},
  "channels.rename": { name: "Mine" },
  "channels.update": { security: "open" },
  "channels.rotate": { code: "another code" },
  "channels.test": {},
  "channels.delete": {},
  "users.list": {},
  "users.create": { user: "mine", password: "a long password" },
  "users.update": { user: "olga", groups: ["administrators"] },
  "users.disable": { user: "petr" },
  "users.token": { user: "admin" },
  "users.tokens": { user: "admin" },
  "users.token-revoke": { user: "admin", all: true },
  "audit.list": {},
  "deliveries.replay": { since: "2026-01-01T00:00:00Z" },
};

for (const user of ["olga", "vera"])
  test(`${user}, who is not an administrator, neither sees the administration nor may use it`, async ({
    connect,
    signIn,
    broker,
    liveChat,
  }) => {
    await connect("Ann Lee");
    const desk = await signIn(user);
    await desk.button("Menu").click();
    const menu = desk.page.getByRole("menu");
    await menu.getByText("Sign out").waitFor();
    expect(await menu.getByText("Administration").count()).toBe(0);
    await desk.page.keyboard.press("Escape");
    await desk.page.evaluate(() => (location.hash = "#/admin/users"));
    await desk.tab("Queue").waitFor();
    expect(await desk.page.getByRole("navigation", { name: "Administration" }).count()).toBe(0);

    // NATS enforces the rights, not only the page.
    const client = await broker.signIn(user);
    const { channels } = await client.request<{ channels: { id: string }[] }>("channels.list");
    const channel = channels[0]?.id;
    expect(channel).toBeTruthy();
    for (const [method, args] of Object.entries(METHODS))
      await expect(client.request(method, { liveChat, channel, ...args }), method).rejects.toThrow(
        "forbidden",
      );
    for (const subject of ["sb.default.audit.>", "sb.default.role.>", "_INBOX.admin.>"])
      expect(await client.subscribeError(subject), subject).toMatch(/permissions violation/i);
    expect(await client.requestErrorAs("admin", "users.list")).toMatch(/permissions violation/i);
    await client.close();
  });
