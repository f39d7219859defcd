// What is not tested on a runtime, and why. It is reported as skipped, with this reason. A row that
// leaves out nothing is a fault.

const page = ["chromium"];

/**
 * @typedef {object} Exclusion
 * @property {readonly string[]} on The runtimes.
 * @property {readonly string[]} files
 * @property {RegExp} [tests] Those tests of them whose name, with its groups', matches. Without it the
 * files are not loaded.
 * @property {string} reason
 */

/** @type {readonly Exclusion[]} */
export const exclusions = [
  {
    on: page,
    files: [
      "test/db/cancel-request.test.ts",
      "test/db/conformance.test.ts",
      "test/db/lost-transaction.test.ts",
      "test/db/mariadb-server.test.ts",
      "test/db/pg-pool.test.ts",
      "test/db/postgres-server.test.ts",
      "test/examples/csv-import.test.ts",
      "test/examples/http.test.ts",
      "test/http/cache.test.ts",
      "test/http/edges.test.ts",
      "test/http/faults.test.ts",
      "test/http/fetch.test.ts",
      "test/http/pool.test.ts",
      "test/http/undici.test.ts",
    ],
    reason: "needs a server in the process, or a driver",
  },
  {
    on: ["bun"],
    files: [
      "test/http/cache.test.ts",
      "test/http/edges.test.ts",
      "test/http/faults.test.ts",
      "test/http/fetch.test.ts",
      "test/http/pool.test.ts",
      "test/http/undici.test.ts",
    ],
    tests: /'undici'|an engine on undici|undici says on Bun/,
    reason: "has a stub in the place of undici, and is told so",
  },
  {
    on: ["deno"],
    files: ["test/http/faults.test.ts"],
    tests: /on 'fetch' a connection that is refused$/,
    reason: "its fetch gives no code for what has failed",
  },
  {
    on: page,
    files: [
      "test/cancel/ambient.e2e.test.ts",
      "test/docs/coming-from.test.ts",
      "test/docs/examples.test.ts",
      "test/task/main.e2e.test.ts",
    ],
    reason: "starts processes",
  },
  {
    on: page,
    files: [
      "test/conformance/runner-signals.test.ts",
      "test/conformance/runner.test.ts",
      "test/task/main.test.ts",
    ],
    reason: "is about the exit codes and signals of a process",
  },
  {
    on: page,
    files: [
      "test/cache/memoize-method.test.ts",
      "test/exploration/orders.test.ts",
      "test/exploration/seeded-faults.test.ts",
      "test/runtimes/bare-platform.test.ts",
      "test/runtimes/bundled-copies.test.ts",
    ],
    reason: "calls esbuild",
  },
  {
    on: page,
    files: [
      "test/contract/every-method.test.ts",
      "test/docs/compiled.test.ts",
      "test/docs/errors.test.ts",
      "test/docs/links.test.ts",
    ],
    reason: "reads the sources as files",
  },
  {
    on: page,
    files: ["test/cache/cache-tier-redis.test.ts"],
    reason: "connects to a server by TCP",
  },
  {
    on: page,
    files: [
      "test/cache/context.test.ts",
      "test/cancel/ambient.test.ts",
      "test/conformance/eager-start-current.test.ts",
      "test/conformance/task-context.test.ts",
      "test/conformance/task-group.test.ts",
      "test/contract/waiting-order.test.ts",
      "test/limit/adaptive-limit.test.ts",
      "test/limit/debounce.test.ts",
      "test/limit/keyed.test.ts",
      "test/limit/rate-limiter-run.test.ts",
      "test/limit/throttle.test.ts",
      "test/pool/pool.test.ts",
      "test/pitfalls/caller-context.test.ts",
      "test/resilience/context.test.ts",
      "test/stream/map-stream-context.test.ts",
      "test/sync/run.test.ts",
    ],
    tests:
      /the (caller's )?async context|in the context|a context of (its|their) own|test_context_|lets each caller go on in its own|never makes or touches the storage/,
    reason: "there is no async context beside the call stack",
  },
  {
    on: page,
    files: [
      "test/cache/batch-window.test.ts",
      "test/limit/work-queue-end.test.ts",
      "test/pool/pool-age.test.ts",
      "test/pool/pool-create.test.ts",
      "test/pool/pool-line.test.ts",
      "test/resilience/hedge.test.ts",
      "test/task/start.test.ts",
    ],
    tests:
      /keeps (the|no) process alive|leaves no timer|wait for a lease ends and leaves nothing|no process alive by that/,
    reason: "no timer keeps a page alive",
  },
  {
    on: page,
    files: ["test/sync/stats-and-inspect.test.ts"],
    tests: /and in the console$/,
    reason: "is about Node's util.inspect",
  },
  {
    on: page,
    files: [
      "test/internal/developing.test.ts",
      "test/pool/pool-leaks.test.ts",
      "test/sync/deadlock-switch.test.ts",
    ],
    tests:
      /where NODE_ENV is 'production'|without the place in production|environment where Deno has the permission$/,
    reason: "NODE_ENV is what a bundler has written into the code",
  },
  {
    on: page,
    files: ["test/http/origins.test.ts", "test/http/retries.test.ts"],
    tests: /a thousand origins are forgotten|a budget keeps retries to a share/,
    reason:
      "hundreds of platform bodies take turns of the event loop that a virtual clock cannot know of",
  },
  {
    on: page,
    files: ["test/http/errors.test.ts"],
    tests: /of two copies of the library/,
    reason: "makes its second copy by vi.resetModules, which a page has not",
  },
  {
    on: page,
    files: ["test/internal/macrotask.test.ts"],
    reason: "loads the library again with other globals, which a page's modules cannot",
  },
  {
    on: ["bun"],
    files: ["test/pool/pool-leaks.test.ts"],
    tests: /with the place where it was acquired|names the place also of those/,
    reason: "a tail call leaves no frame, and the place that is named may be the one around it",
  },
  {
    on: ["deno"],
    files: ["test/internal/macrotask.test.ts"],
    tests: /no setImmediate a hop is a macrotask$/,
    reason: "there is setImmediate, and a message may come among microtasks",
  },
  {
    on: ["bun", "chromium"],
    files: ["test/conformance/task-group-references.test.ts"],
    reason: "collects garbage through V8's gc()",
  },
  {
    on: ["deno"],
    files: ["test/conformance/task-group-references.test.ts"],
    tests: /test_exception_refcycles_(errors|parent_task_wr)/,
    reason: "a function that has failed is held longer by the runtime",
  },
  {
    on: ["deno", "bun"],
    files: ["test/task/main.e2e.test.ts"],
    tests: /awaited at the top level/,
    reason: "there is no beforeExit while a module waits at its top level",
  },
];

const leavesOut = (kind) => (row) =>
  row.on.includes(kind) && globalThis.process?.env.CORRAL_WITHOUT_EXCLUSIONS !== "1";

/** The files that are not loaded on that runtime. */
export function filesLeftOut(kind) {
  return exclusions
    .filter(leavesOut(kind))
    .filter(({ tests }) => tests === undefined)
    .flatMap(({ files }) => files);
}

/** The row that leaves out that test on that runtime. */
export function exclusionOf(kind, file, name) {
  return exclusions
    .filter(leavesOut(kind))
    .find(({ files, tests }) => files.includes(file) && (tests?.test(name) ?? true));
}
