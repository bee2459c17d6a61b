import { expect, it, vi } from "vitest";

import { ConnectError } from "../api/client";
import type { Client, Credentials } from "../api/client";
import { Connection, retryDelay } from "./connection";
import type { Open, Status } from "./connection";

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
  return { ended, close: () => end() } as Client;
}

/** Olga's connection, the clients that it used, and its statuses. Delays are skipped. */
function connectionOf(first: Client | null, open: Open) {
  const connected: Client[] = [];
  const statuses: Status[] = [];
  const handlers = {
    connected: (client: Client) => Promise.resolve(void connected.push(client)),
    disconnected: () => {},
    status: (status: Status) => {
      statuses.push(status);
      if (status.state === "offline") setTimeout(() => connection.retryNow());
    },
  };
  const connection = new Connection(open, { user: "olga", password: "old" }, first, handlers);
  const states = () => statuses.map(({ state }) => state);
  return { connection, connected, statuses, states };
}

const unreachable = () => Promise.reject(new ConnectError("unreachable", "no route"));
const denied = () => Promise.reject(new ConnectError("denied", "wrong password"));

it("closes a connection that opens after it was stopped", async () => {
  const [first, second] = [openConnection(), openConnection()];
  let finishOpening: (client: Client) => void = () => {};
  const open = vi.fn(() => new Promise<Client>((resolve) => (finishOpening = resolve)));
  const { connection, connected } = connectionOf(first, open);
  first.close();
  await vi.waitFor(() => expect(open).toHaveBeenCalledOnce());
  connection.stop();
  finishOpening(second);
  await second.ended;
  expect(connected).toEqual([first]);
});

it("keeps trying until the first connection opens", async () => {
  const first = openConnection();
  const open = vi.fn<Open>().mockImplementation(unreachable);
  const { connected, states, statuses } = connectionOf(null, open);
  await vi.waitFor(() => expect(open.mock.calls.length).toBeGreaterThan(3));
  expect(states()).not.toContain("locked");
  open.mockResolvedValue(first);
  await vi.waitFor(() => expect(states().at(-1)).toBe("live"));
  expect(connected).toEqual([first]);
  expect(statuses.at(-1)).toMatchObject({ lostAt: expect.any(Number) as number });
});

it("does not try a refused password again, and goes on with the new one", async () => {
  const [first, second, third] = [openConnection(), openConnection(), openConnection()];
  const open = vi.fn(({ password }: Credentials) =>
    password === "new" ? Promise.resolve(connected.includes(second) ? third : second) : denied(),
  );
  const { connection, connected, statuses, states } = connectionOf(first, open);
  first.close();
  await vi.waitFor(() => expect(statuses.at(-1)).toEqual({ state: "locked", cause: "denied" }));
  connection.retryNow();
  await expect(connection.unlock("wrong")).rejects.toThrow("wrong password");
  expect(statuses.at(-1)).toEqual({ state: "locked", cause: "denied" });
  await connection.unlock("new");
  await vi.waitFor(() => expect(states().at(-1)).toBe("live"));
  const passwords = () => open.mock.calls.map(([{ password }]) => password);
  expect(passwords()).toEqual(["old", "wrong", "new"]);
  expect(connected).toEqual([first, second]);
  second.close();
  await vi.waitFor(() => expect(passwords()).toEqual(["old", "wrong", "new", "new"]));
});

it("closes what opens after it was stopped while locked", async () => {
  const late = openConnection();
  const open = vi.fn<Open>().mockImplementationOnce(denied).mockResolvedValue(late);
  const { connection, states } = connectionOf(null, open);
  await vi.waitFor(() => expect(states().at(-1)).toBe("locked"));
  connection.stop();
  await connection.unlock("new");
  await late.ended;
});
