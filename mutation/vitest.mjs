import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest } from "vitest/node";

const worker = fileURLToPath(new URL("./worker", import.meta.url));

/** A vitest that stays, and runs the tests of each mutant in a new process. */
export function startVitest() {
  process.env.NODE_ENV = "test";
  process.env.VITEST = "1";
  return createVitest(
    "test",
    {
      config: false,
      root: worker,
      include: ["entry.test.mjs"],
      runner: join(worker, "runner.mjs"),
      pool: "forks",
      maxWorkers: 1,
      isolate: true,
      watch: false,
      // A test that waits for what never comes is found sooner: see worker/runner.mjs.
      testTimeout: 15_000,
      reporters: [{}],
      coverage: { enabled: false },
      onConsoleLog: () => false,
      server: { deps: { external: [/\.bundle\.mjs/] } },
    },
    { logLevel: "silent", server: { hmr: false, ws: false, watch: null } },
  );
}
