/** A real broker with a data directory and ports of its own. */
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Caller } from "./caller";
import { until } from "./patience";
import { HOST, free } from "./ports";
import { Program } from "./program";

/** The password of everybody here. */
export const PASSWORD = "correct horse battery";

/** What is open; when a run of tests is cut off, nothing of it stays. */
const open = new Set<House>();
process.on("exit", () => open.forEach((house) => house.abandon()));

export class House {
  #program: Program | null = null;

  private constructor(
    private readonly dir: string,
    private readonly ports: readonly number[],
    private readonly settings: Record<string, string>,
  ) {}

  static async open(): Promise<House> {
    const keys = [
      "INGRESS__LISTEN",
      "CONSOLE__LISTEN",
      "OPS__LISTEN",
      "NATS__LISTEN",
      "NATS__WEBSOCKET",
    ];
    const ports = await free(keys.length);
    const listen = keys.map((key, i) => [`SWITCHBOARD__${key}`, `${HOST}:${ports[i]}`]);
    const dir = await mkdtemp(join(tmpdir(), "switchboard-browser-"));
    const settings = { ...Object.fromEntries(listen), SWITCHBOARD__INGRESS__RATE: "0" };
    const house = new House(dir, ports, settings);
    open.add(house);
    const password = join(dir, "password");
    await writeFile(password, PASSWORD);
    const init = ["init", "--dev", "--admin-password-file", password, "--data", house.#data];
    await Program.run(init, settings);
    await house.start();
    return house;
  }

  get #data(): string {
    return join(this.dir, "data");
  }

  /** The address of the page. */
  get page(): string {
    return `http://${HOST}:${this.ports[1]}`;
  }

  /** Runs it on the data that is there, on the same ports as before. */
  async start(): Promise<void> {
    const program = new Program(["up", "--data", this.#data], this.settings);
    this.#program = program;
    await until("the broker is up", () => {
      if (program.hasEnded) throw new Error(program.lastWords("the broker"));
      return program.said.some((line) => line.includes("is up"));
    });
  }

  /** Somebody at NATS, without a page. While the console is not heard yet, everybody is refused. */
  async signIn(login: string, password = PASSWORD): Promise<Caller> {
    const nats = `${HOST}:${this.ports[3]}`;
    return until(`${login} can sign in`, () =>
      Caller.signIn(nats, login, password).catch(() => undefined),
    );
  }

  /** Ends the broker at once, as a power cut would, and its NATS too if that is said. */
  async kill(what: "broker" | "machine"): Promise<void> {
    await this.#program?.kill();
    this.#program = null;
    if (what === "machine") await this.#killNats();
  }

  /** A killed broker leaves its nats-server behind, whose process id is in its directory. */
  async #killNats(): Promise<void> {
    const pid = this.#natsServer;
    if (!pid) return;
    signal(pid, "SIGKILL");
    await until("nats-server has ended", () => !signal(pid, 0));
  }

  get #natsServer(): number {
    try {
      return parseInt(readFileSync(join(this.#data, "nats", "child"), "utf8"), 10);
    } catch {
      return 0;
    }
  }

  /** What can be done in no time; programs end by themselves. */
  abandon(): void {
    if (this.#natsServer) signal(this.#natsServer, "SIGKILL");
    rmSync(this.dir, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.kill("machine");
    await rm(this.dir, { recursive: true, force: true });
    open.delete(this);
  }
}

/** Whether a process was there to be told; signal 0 only asks. */
function signal(pid: number, name: "SIGKILL" | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
