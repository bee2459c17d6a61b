// Measures what a browser loads first, and fails if it is over the budget.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

/** In bytes, compressed with gzip. */
const BUDGET = { js: 90_000, css: 15_000 };
const DIST = new URL("../dist/", import.meta.url);

/** @typedef {{ file: string, imports?: string[], css?: string[] }} Chunk */
/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", DIST), "utf8"));

/** Collects the files that a chunk loads with it. @param {string} name @param {Set<string>} files */
function collect(name, files) {
  const chunk = manifest[name];
  if (!chunk || files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const sheet of chunk.css ?? []) files.add(sheet);
  for (const one of chunk.imports ?? []) collect(one, files);
  return files;
}

const size = { js: 0, css: 0 };
/** The styles of all chunks. */
const files = collect("style.css", collect("index.html", new Set()));
for (const file of files) {
  const bytes = gzipSync(await readFile(new URL(file, DIST)), { level: 9 }).length;
  size[file.endsWith(".css") ? "css" : "js"] += bytes;
}
for (const kind of /** @type {const} */ (["js", "css"])) {
  console.log(`${kind}: ${size[kind]} of ${BUDGET[kind]} bytes`);
  if (size[kind] > BUDGET[kind]) process.exitCode = 1;
}
