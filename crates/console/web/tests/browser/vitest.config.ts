import { defineConfig } from "vitest/config";

/** Generous: enough for a debug build on a busy machine. */
const TIMEOUT_MS = 120_000;

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["*.test.ts"],
    environment: "node",
    // Brokers and browsers share the CPUs, and one test measures CPU time.
    fileParallelism: false,
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    retry: 0,
  },
});
