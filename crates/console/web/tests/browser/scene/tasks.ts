/** How long a page keeps its thread, task by task, as the browser's own trace has it. */
import type { Browser, Page } from "playwright-core";

/** Of a task, in milliseconds. */
export interface Task {
  /** How long the thread worked: what the page is to blame for. */
  worked: number;
  /** How long it took by the clock, while other programs had the processor too. */
  took: number;
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

/** The tasks of the page's thread during some work, the longest first. */
export async function tasksDuring(
  browser: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<Task[]> {
  await browser.startTracing(page, { categories: ["toplevel"] });
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const isPage = ({ name, args }: TraceEvent) =>
    name === "thread_name" && args.name === "CrRendererMain";
  const key = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const threads = new Set(trace.traceEvents.filter(isPage).map(key));
  return trace.traceEvents
    .filter((event) => event.name.endsWith("RunTask") && threads.has(key(event)))
    .map(({ dur = 0, tdur = 0 }) => ({ worked: tdur / 1_000, took: dur / 1_000 }))
    .sort((a, b) => b.worked - a.worked);
}
