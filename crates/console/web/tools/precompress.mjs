// Compresses the text files of the build to `.br` and `.gz`, so that the server need not do it for
// each request.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TEXT = /\.(html|js|css|svg|json|webmanifest)$/;
/** Smaller files are not worth compressing. */
const BYTES_MIN = 512;

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

/** @param {string} path */
async function compress(path) {
  const bytes = await readFile(path);
  if (bytes.length < BYTES_MIN) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  await writeFile(`${path}.br`, await brotli(bytes, { params }));
  await writeFile(`${path}.gz`, await deflate(bytes, { level: 9 }));
}

/** @returns {import("vite").Plugin} */
export function precompress() {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir: directory = "dist" }) {
      const names = await readdir(directory, { recursive: true });
      await Promise.all(names.filter((n) => TEXT.test(n)).map((n) => compress(join(directory, n))));
    },
  };
}
