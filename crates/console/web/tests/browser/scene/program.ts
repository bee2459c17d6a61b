/** Programs of the project: started, heard, killed, and never left behind. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** How much is shown of what a program said, when it failed. */
const SHOWN_LINES = 40;

/** The debug binary, which has the page in it. */
export const SWITCHBOARD = fileURLToPath(
  new URL("../../../../../../target/debug/switchboard", import.meta.url),
);

/** What runs; also when a test run is cut off it ends with us. */
const running = new Set<Program>();
process.on("exit", () => running.forEach((program) => program.signal("SIGKILL")));

export class Program {
  /** What it has said, line by line. */
  readonly said: string[] = [];
  readonly ended: Promise<void>;
  hasEnded = false;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(args: readonly string[], settings: Record<string, string> = {}) {
    if (!existsSync(SWITCHBOARD))
      throw new Error(`there is no ${SWITCHBOARD}: build it first, \`cargo build -p switchboard\``);
    const ours = Object.entries(process.env).filter(([name]) => !name.startsWith("SWITCHBOARD_"));
    const env = { ...Object.fromEntries(ours), ...settings };
    this.#child = spawn(SWITCHBOARD, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface(stream).on("line", (line) => this.said.push(line));
    // A program that has ended takes no input, which is seen by its end.
    this.#child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", () => {
        this.hasEnded = true;
        running.delete(this);
        resolve();
      });
    });
  }

  /** Runs a command to its end, which has to be a good one. */
  static async run(args: readonly string[], settings: Record<string, string>): Promise<void> {
    const program = new Program(args, settings);
    await program.ended;
    if (program.#child.exitCode !== 0) throw new Error(program.lastWords(args.join(" ")));
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  signal(signal: "SIGKILL" | "SIGTERM"): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, as a power cut of the process would. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  lastWords(of: string): string {
    return `${of} said last:\n${this.said.slice(-SHOWN_LINES).join("\n")}`;
  }
}
