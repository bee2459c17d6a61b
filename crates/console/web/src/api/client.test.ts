import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { connect } from "./client";

/** The socket of a nats-server that answers everything until it is stopped. */
class Socket {
  static last: Socket;
  readonly bufferedAmount = 0;
  isStopped = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: Uint8Array }) => void) | null = null;
  onclose: unknown = null;
  onerror: unknown = null;

  constructor() {
    Socket.last = this;
    queueMicrotask(() => this.#receive('INFO {"version":"2.12.0","headers":true,"max_payload":100000}\r\n'));
  }

  send(frame: Uint8Array): void {
    const text = new TextDecoder().decode(frame);
    if (!this.isStopped && text.includes("PING")) queueMicrotask(() => this.#receive("PONG\r\n"));
  }

  /** The close handshake of a stopped server never ends. */
  close(): void {}

  #receive(text: string): void {
    this.onmessage?.({ data: new TextEncoder().encode(text) });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const open = () =>
  connect({ workspace: "w", websocket: "ws://localhost:1" }, { user: "olga", password: "" });

it("gives up a server that answers nothing within 10 s, without waiting for its socket", async () => {
  const client = await open();
  const ended = vi.fn();
  void client.ended.then(ended);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ended).not.toHaveBeenCalled();
  Socket.last.isStopped = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ended).toHaveBeenCalledOnce();
});

it("has ended at once when it is closed, and delivers nothing more", async () => {
  const client = await open();
  const ended = vi.fn();
  void client.ended.then(ended);
  Socket.last.isStopped = true;
  client.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(ended).toHaveBeenCalledOnce();
  await expect(client.request("me")).rejects.toMatchObject({ code: "offline" });
});
