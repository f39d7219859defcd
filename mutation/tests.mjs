import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The folders with tests of the kernel and the primitives, or of what makes much use of them. */
const folders = [
  "internal",
  "cancel",
  "sync",
  "contract",
  "conformance",
  "task",
  "properties",
  "pitfalls",
];

/** What cannot run in a bundle, or takes what is mutated from elsewhere. */
const leftOut = [
  "test/channel/select-model.test.ts",
  // What is not about the two layers, or about how long many take.
  ...[
    "adaptive-limit",
    "batch",
    "cache-races",
    "caches",
    "circuit-breaker",
    "pool",
    "rate-limiter",
    "single-flight",
    "streams",
    "work-queue",
  ].map((name) => `test/properties/${name}.test.ts`),
  "test/conformance/task-group-references.test.ts",
  "test/pitfalls/linear-time.test.ts",
  "test/pitfalls/many-waiters.test.ts",
  "test/task/retention.gc.test.ts",
  "test/contract/waiting.gc.test.ts",
  // Programs of their own.
  "test/cancel/ambient.e2e.test.ts",
  "test/task/main.e2e.test.ts",
];

const under = (root, folder, ending) =>
  readdirSync(join(root, "test", folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `test/${folder}/${name}`);

/** The test files of each mode, in the order in which the modes run. */
export function testFiles(root) {
  const all = folders.flatMap((folder) => under(root, folder, ".test.ts"));
  const others = ["channel", "limit", "pool"]
    .flatMap((folder) => under(root, folder, ".test.ts"))
    .filter((file) => /select|deadlock/.test(file));
  const files = [...all, ...others].filter((file) => !leftOut.includes(file));
  const unit = files.filter((file) => !file.endsWith(".gc.test.ts"));
  const small = unit.filter((file) =>
    /^test\/(internal|cancel|sync)\/(?!heap|deque|run\.)/.test(file),
  );
  return {
    ambient: unit,
    explicit: small,
    leaks: files.filter((file) => file.endsWith(".gc.test.ts")),
  };
}
