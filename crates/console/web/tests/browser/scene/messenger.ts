/** A real `switchboard messenger`: a person who types, and what reaches that person. */
import { until } from "./patience";
import { HOST } from "./ports";
import { Program } from "./program";

/** The confirmation code of every messenger here. */
export const CODE = "open sesame";

const PHONE = "+44 20 7946 0000";

interface Body {
  type: string;
  data: Record<string, unknown>;
}

/** A line of its `--json`. */
interface Event {
  listening?: string;
  received?: Body;
  again?: boolean;
  sent?: Body;
  status?: number | null;
}

export class Messenger {
  #program: Program;
  /** What the processes before this one have told. */
  #past: string[] = [];
  #address = `${HOST}:0`;

  private constructor(
    private readonly who: readonly string[],
    args: readonly string[],
  ) {
    this.#program = this.#launch(args);
  }

  /** Starts one for a person of this name; `args` are further flags of the command. */
  static async start(name: string, args: readonly string[] = []): Promise<Messenger> {
    const id = name.toLowerCase().replaceAll(" ", "-");
    const who = ["--user", id, "--chat", `chat-${id}`, "--name", name, "--phone", PHONE];
    const messenger = new Messenger(who, args);
    await messenger.#listens();
    return messenger;
  }

  #launch(args: readonly string[]): Program {
    const fixed = ["messenger", "--json", "--listen", this.#address, "--code", CODE];
    return new Program([...fixed, ...this.who, ...args]);
  }

  async #listens(): Promise<void> {
    const program = this.#program;
    const url = await until("the messenger listens", () => {
      if (program.hasEnded) throw new Error(program.lastWords("the messenger"));
      return parsed(program.said).find(({ listening }) => listening)?.listening;
    });
    this.#address = new URL(url).host;
  }

  get webhook(): string {
    return `http://${this.#address}/`;
  }

  /** Says something; what begins with `/` is a command of the messenger's. */
  say(...lines: readonly string[]): void {
    for (const line of lines) this.#program.type(line);
  }

  /** The texts that operators sent, as they came; one that was sent again is there again. */
  get received(): unknown[] {
    return this.told("message").map(({ text }) => text);
  }

  /** The `data` of what Switchboard said of a type. */
  told(type: string): Record<string, unknown>[] {
    const events = this.#events.filter(({ received }) => received?.type === type);
    return events.map(({ received }) => received!.data ?? {});
  }

  /** What the person said and Switchboard has accepted. */
  get accepted(): unknown[] {
    const events = this.#events.filter(
      ({ sent, status }) => sent?.type === "message" && status === 200,
    );
    return events.map(({ sent }) => sent!.data.text);
  }

  /** What it told last, for whoever looks for what went wrong. */
  get lastWords(): string {
    return this.#program.lastWords(`the messenger at ${this.#address}`);
  }

  get #events(): Event[] {
    return [...parsed(this.#past), ...parsed(this.#program.said)];
  }

  async kill(): Promise<void> {
    await this.#program.kill();
    this.#past = [...this.#past, ...this.#program.said];
    this.#program.said.length = 0;
  }

  /** Runs it again at the same address; `args` are other flags than before. */
  async start(args: readonly string[] = []): Promise<void> {
    this.#program = this.#launch(args);
    await this.#listens();
  }
}

/** Its lines; what is no JSON is talk. */
const parsed = (lines: readonly string[]): Event[] =>
  lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Event);
