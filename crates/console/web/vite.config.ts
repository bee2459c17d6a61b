import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { precompress } from "./tools/precompress.mjs";

/** A running broker's console; the development server proxies `/config.json` to it. */
const broker = process.env.SWITCHBOARD_CONSOLE ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [svelte(), precompress()],
  resolve: {
    // Saves 15 kB of unused cryptography.
    alias: { "@nats-io/nkeys": fileURLToPath(new URL("src/api/no-nkeys.ts", import.meta.url)) },
  },
  server: { proxy: { "/config.json": broker } },
  build: {
    target: "es2022",
    // The first versions with `light-dark()`: it is replaced by a media query for older ones, which
    // the theme chosen in the page does not change.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The content security policy does not allow data URIs for scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One small file: a part of the page that is loaded later never lacks its styles.
    cssCodeSplit: false,
    // Read by `tools/size.mjs`.
    manifest: true,
  },
  test: { include: ["src/**/*.test.ts"] },
});
