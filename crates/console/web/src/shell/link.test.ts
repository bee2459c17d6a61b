import { expect, it } from "vitest";

import type { Client } from "../api/client";
import { keep, pause } from "./link";

it("waits longer with each failure, up to a bound, and never quite as long as others", () => {
  expect(pause(0, 1)).toBe(500);
  expect(pause(2, 1)).toBe(2_000);
  expect(pause(2, 0)).toBe(1_000);
  expect(pause(50, 1)).toBe(15_000);
});

/** A connection that ends when it is closed. */
function connection() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const close = () => Promise.resolve(end());
  return { ended, close } as Client;
}

it("closes a connection that comes when nobody waits for it any more", async () => {
  const [first, second] = [connection(), connection()];
  const met: Client[] = [];
  let asked = () => {};
  const connecting = new Promise<void>((resolve) => (asked = resolve));
  let come: (client: Client) => void = () => {};
  const place = { workspace: "w", websocket: "ws://localhost" };
  const ears = {
    connected: (client: Client) => Promise.resolve(void met.push(client)),
    disconnected: () => {},
    // Without waiting out the pause.
    status: ({ state }: { state: string }) => void (state === "offline" && queueMicrotask(retry)),
  };
  const link = keep(place, { user: "olga", password: "" }, first, ears, () => {
    asked();
    return new Promise<Client>((resolve) => (come = resolve));
  });
  const retry = () => link.retryNow();
  await first.close();
  await connecting;
  link.stop();
  come(second);
  await second.ended;
  expect(met).toEqual([first]);
});
