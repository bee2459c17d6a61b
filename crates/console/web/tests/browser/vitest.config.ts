import { defineConfig } from "vitest/config";

/** Longer than anything takes that works, on a busy machine and unoptimised. */
const PATIENCE_MS = 120_000;

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["*.test.ts"],
    environment: "node",
    // Brokers and browsers share the machine, and one test measures the page.
    fileParallelism: false,
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    retry: 0,
  },
});
