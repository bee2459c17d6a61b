import { expect, it } from "vitest";

import type { Client } from "../api/client";
import { Connection, retryDelay } from "./connection";

it("waits longer after each failure, up to a bound, with jitter", () => {
  expect(retryDelay(0, 1)).toBe(500);
  expect(retryDelay(2, 1)).toBe(2_000);
  expect(retryDelay(2, 0)).toBe(1_000);
  expect(retryDelay(50, 1)).toBe(15_000);
});

/** A connection that ends when it is closed. */
function openConnection() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const close = () => Promise.resolve(end());
  return { ended, close } as Client;
}

it("closes a connection that opens after it was stopped", async () => {
  const [first, second] = [openConnection(), openConnection()];
  const connected: Client[] = [];
  let onOpen = () => {};
  const opening = new Promise<void>((resolve) => (onOpen = resolve));
  let finishOpening: (client: Client) => void = () => {};
  const config = { workspace: "w", websocket: "ws://localhost" };
  const handlers = {
    connected: (client: Client) => Promise.resolve(void connected.push(client)),
    disconnected: () => {},
    // Skips the delay.
    status: ({ state }: { state: string }) => void (state === "offline" && queueMicrotask(retry)),
  };
  const credentials = { user: "olga", password: "" };
  const connection = new Connection(config, credentials, first, handlers, () => {
    onOpen();
    return new Promise<Client>((resolve) => (finishOpening = resolve));
  });
  const retry = () => connection.retryNow();
  await first.close();
  await opening;
  connection.stop();
  finishOpening(second);
  await second.ended;
  expect(connected).toEqual([first]);
});
