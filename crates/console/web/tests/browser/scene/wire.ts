/** The wire between one page and NATS, for a test that pulls it. */
import type { Page, WebSocketRoute } from "playwright-core";

export class Wire {
  /** The sockets of the page, first to last. */
  readonly #sockets = new Set<WebSocketRoute>();
  #held: (() => void)[] | null = null;
  #pulled = false;

  /** Lays the wire; a connection that the page has by then is not on it. */
  static async lay(page: Page): Promise<Wire> {
    const wire = new Wire();
    await page.routeWebSocket(/./, (socket) => wire.#carry(socket));
    return wire;
  }

  #carry(socket: WebSocketRoute): void {
    this.#sockets.add(socket);
    // Into the void: it is never told that there is nobody.
    if (this.#pulled) return;
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      if (!this.#pulled) server.send(message);
    });
    server.onMessage((message) => {
      if (this.#pulled) return;
      if (this.#held) this.#held.push(() => socket.send(message));
      else socket.send(message);
    });
  }

  /** The page hears nothing any more, and is heard; what it misses is kept for it. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const send of held) send();
  }

  /** As when the plug is drawn: nothing arrives, and nobody is told. */
  pull(): void {
    this.#pulled = true;
  }

  /** What was connected stays dead; the next connection is a good one. */
  async plugIn(): Promise<void> {
    this.#pulled = false;
    const dead = [...this.#sockets];
    this.#sockets.clear();
    for (const socket of dead) await socket.close();
  }
}
