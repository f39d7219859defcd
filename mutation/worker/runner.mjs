// How vitest runs the tests of a mutant: only those that are wanted, until one of them fails.
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { inject, TestRunner } from "vitest";

const { mutant, hitLimit, tests, idle, resultFile, aliveFile, dry } = inject("run");
const chosen = tests === undefined ? undefined : new Set(tests);

const alive = () => writeFileSync(aliveFile, String(process.pid));
// A mutant may spin as the library loads.
alive();

const ns = (globalThis["__stryker__"] ??= {});
ns.hitLimit = hitLimit;
ns.hitCount = 0;
// From the beginning, as if it were written in the source.
ns.activeMutant = mutant;

// The platform's, whatever a test puts in their place.
const { setInterval } = globalThis;
const idleSoFar = () => performance.eventLoopUtilization().idle;

function* testsOf(suite) {
  for (const task of suite.tasks) {
    if (task.type === "suite") yield* testsOf(task);
    else yield task;
  }
}

function nameOf(test) {
  const names = [test.name];
  for (let suite = test.suite; suite?.name; suite = suite.suite) names.unshift(suite.name);
  return names.join(" > ");
}

// oxlint-disable-next-line import/no-default-export -- vitest takes that
export default class extends TestRunner {
  #ids = new Map();
  #results = [];
  #failed;
  #current;
  #idleBefore = 0;

  constructor(config) {
    super(config);
    // A test that waits for what never comes leaves the process idle, unlike one that has little of a
    // busy machine.
    if (!dry) setInterval(() => this.#endIfStuck(), 50).unref();
  }

  #endIfStuck() {
    if (this.#current === undefined) return;
    const id = this.#ids.get(this.#current);
    if (idleSoFar() - this.#idleBefore < Math.max(400, 4 * idle[id])) return;
    this.#results.push({ id, message: "It waits for ever" });
    this.#save();
    process.kill(process.pid, "SIGKILL");
  }

  onCollected(files) {
    const seen = new Map();
    for (const test of files.flatMap((file) => [...testsOf(file)])) {
      const name = nameOf(test);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const id = count === 1 ? name : `${name} #${count}`;
      this.#ids.set(test, id);
      if (chosen !== undefined && !chosen.has(id)) test.mode = "skip";
    }
  }

  async onBeforeRunTask(test) {
    if (this.#failed !== undefined && !dry) test.mode = "skip";
    await super.onBeforeRunTask(test);
    if (test.mode === "skip") return;
    // What goes on after a test belongs to it until the next one begins.
    if (dry) ns.currentTestId = this.#ids.get(test);
    alive();
    this.#current = test;
    this.#idleBefore = idleSoFar();
  }

  onAfterRunTask(test) {
    super.onAfterRunTask(test);
    this.#current = undefined;
    const { state, duration = 0, errors } = test.result ?? {};
    if (state !== "pass" && state !== "fail") return;
    const message = state === "fail" ? (errors?.[0]?.message ?? "it failed") : undefined;
    this.#results.push({
      id: this.#ids.get(test),
      ms: duration,
      idle: idleSoFar() - this.#idleBefore,
      message,
    });
    if (message !== undefined) this.#failed ??= this.#ids.get(test);
  }

  onAfterRunFiles() {
    super.onAfterRunFiles();
    this.#save();
  }

  #save() {
    const coverage = dry ? ns.mutantCoverage : undefined;
    const result = { results: this.#results, hitCount: ns.hitCount, coverage };
    writeFileSync(resultFile, JSON.stringify(result));
  }
}
