import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import main from "../vitest.config.ts";
import { filesLeftOut } from "./exclusions.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const kind = process.env["CORRAL_RUNTIME"];

/** The unit suite as `npm test` runs it with ambient scopes, on the runtime that runs this. */
export default defineConfig({
  root: path(".."),
  cacheDir: path("./.cache"),
  resolve: {
    alias: main.resolve.alias,
  },
  test: {
    name: kind,
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.gc.test.ts", ...filesLeftOut(kind)],
    env: { CORRAL_MODE: "ambient", CORRAL_RUNTIME: kind },
    setupFiles: [path("./setup.mjs")],
    pool: "forks",
    maxWorkers: "100%",
    isolate: false,
    // Several times what a slow machine needs: what hangs is found all the same.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
