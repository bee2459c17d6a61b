import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { precompress } from "./tools/precompress.mjs";

/** The console of a running broker, which the development server asks for `/config.json`. */
const broker = process.env.SWITCHBOARD_CONSOLE ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [svelte(), precompress()],
  resolve: {
    // 15 kB of cryptography that nobody calls.
    alias: { "@nats-io/nkeys": fileURLToPath(new URL("src/api/no-nkeys.ts", import.meta.url)) },
  },
  server: { proxy: { "/config.json": broker } },
  build: {
    target: "es2022",
    // Every asset is a file of its own: the policy of the page allows no data URIs for scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // For `tools/size.mjs`, which tells what is loaded at first from what is loaded later.
    manifest: true,
  },
  test: { include: ["src/**/*.test.ts"] },
});
