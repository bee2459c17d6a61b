/** The plainest messenger that there can be: 200 to everything, and no word of what it can do. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { CODE } from "./messenger";
import { HOST } from "./ports";

/** How many are under way at once, when many people write. */
const CROWD = 48;

export class Adapter {
  /** Where Switchboard said that it listens. */
  #broker = "";
  #said = 0;

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (part: string) => (body += part));
      request.on("end", () => {
        const { type, data } = JSON.parse(body) as { type: string; data?: { webhook?: string } };
        if (type === "connect") this.#broker = data?.webhook ?? "";
        response.end();
      });
    });
  }

  static async start(): Promise<Adapter> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, HOST, listening));
    return new Adapter(server);
  }

  get webhook(): string {
    return `http://${HOST}:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Somebody says something, which has to be accepted. */
  async say(person: string, text: string): Promise<void> {
    this.#said += 1;
    const data = {
      externalMessageId: `m-${this.#said}`,
      externalChatId: person,
      externalUserId: person,
      externalChatName: person,
      text,
    };
    const response = await fetch(this.#broker, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type: "message", token: CODE, data }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }

  /** Many people say something, all at once but for a bound. */
  async crowd(people: readonly string[], text: string): Promise<void> {
    const left = [...people];
    const one = async () => {
      for (let person = left.pop(); person; person = left.pop()) await this.say(person, text);
    };
    await Promise.all(Array.from({ length: CROWD }, one));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
