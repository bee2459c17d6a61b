import { afterEach, beforeEach, expect, it, vi } from "vitest";

const played: FakeContext[] = [];

class FakeContext {
  static opened: FakeContext[] = [];
  state = "running";
  readonly currentTime = 0;
  readonly destination = {};
  resume = vi.fn(async () => {
    await Promise.resolve();
    this.state = "running";
  });

  constructor() {
    FakeContext.opened.push(this);
  }

  createGain() {
    const value = () => undefined;
    const gain = {
      setValueAtTime: value,
      linearRampToValueAtTime: value,
      exponentialRampToValueAtTime: value,
    };
    return { gain, connect: value };
  }

  createOscillator() {
    const start = () => this.state === "running" && played.push(this);
    return { frequency: {}, connect: (to: unknown) => to, start, stop: () => undefined };
  }
}

/** Imported anew, with the context that the first alert opened. */
async function rung() {
  const { ring } = await import("./sound");
  ring();
  const [context] = FakeContext.opened;
  if (!context) throw new Error("no audio context was opened");
  played.length = 0;
  return { ring, context };
}

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal("AudioContext", FakeContext);
  FakeContext.opened = [];
  played.length = 0;
});
afterEach(() => vi.unstubAllGlobals());

it.each(["suspended", "interrupted"])("resumes a context that is %s, and then plays", async (state) => {
  const { ring, context } = await rung();
  context.state = state;
  ring();
  await vi.waitFor(() => expect(played).toEqual([context, context]));
});

it("opens another context when the first was closed", async () => {
  const { ring, context } = await rung();
  context.state = "closed";
  ring();
  expect(FakeContext.opened).toHaveLength(2);
  expect(played).toEqual([FakeContext.opened[1], FakeContext.opened[1]]);
});

it("plays two alerts once if both came before the context was resumed", async () => {
  const { ring, context } = await rung();
  context.state = "suspended";
  ring();
  ring();
  await vi.waitFor(() => expect(played).toHaveLength(2));
  await new Promise((resolve) => setTimeout(resolve));
  expect(played).toHaveLength(2);
});

it("does not play the alerts of a long silence at once", async () => {
  const { ring, context } = await rung();
  context.state = "suspended";
  let allow = () => {};
  context.resume.mockImplementation(() => new Promise((resolve) => (allow = resolve)));
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  ring();
  ring();
  now.mockReturnValue(60_000);
  allow();
  context.state = "running";
  await new Promise((resolve) => setTimeout(resolve));
  expect(played).toEqual([]);
  ring();
  expect(played).toHaveLength(2);
  now.mockRestore();
});
