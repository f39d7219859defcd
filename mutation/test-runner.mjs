// What Stryker runs tests with. Its own runner for vitest loads each test file anew for each mutant,
// which for these tests takes ten times as long.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PluginKind, declareClassPlugin, declareValuePlugin } from "@stryker-mutator/api/plugin";
import { DryRunStatus, MutantRunStatus, TestStatus } from "@stryker-mutator/api/test-runner";
import { messages } from "./messages.mjs";
import { TestProcess } from "./test-process.mjs";
import { testFiles } from "./tests.mjs";

/** Each test has its mode before its name, and its file at the beginning of that. */
const idOf = (mode, name) => `${mode}: ${name}`;
const fileOf = (name) => name.slice(0, name.indexOf(" > "));

class Runner {
  #folder = join(process.cwd(), ".mutation");
  #tests = new TestProcess(
    this.#folder,
    `worker-${process.env.STRYKER_MUTATOR_WORKER ?? 0}-${process.pid}`,
  );
  #plan;

  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    return this.#tests.start();
  }

  dispose() {
    return this.#tests.close();
  }

  /** Runs all tests without a mutant, and notes how long each takes and what it reaches. */
  async dryRun() {
    const modes = testFiles(process.cwd());
    await this.#tests.bundle(process.cwd(), [...new Set(Object.values(modes).flat())]);
    const plan = { modes: {}, coverage: {} };
    const tests = [];
    const mutantCoverage = { static: {}, perTest: {} };
    for (const [mode, wanted] of Object.entries(modes)) {
      const { result, errors } = await this.#tests.run({ mode, wanted, dry: true }, 120_000);
      if (result === undefined || errors.length > 0) {
        const why = errors.join("\n") || "it has not ended";
        return { status: DryRunStatus.Error, errorMessage: `${mode}: ${why}` };
      }
      plan.modes[mode] = {};
      const { perTest = {}, static: whileLoading = {} } = result.coverage ?? {};
      for (const { id: name, ms, idle, message } of result.results) {
        const id = idOf(mode, name);
        plan.modes[mode][name] = { ms, idle };
        const outcome =
          message === undefined
            ? { status: TestStatus.Success }
            : { status: TestStatus.Failed, failureMessage: message };
        tests.push({ id, name: id, timeSpentMs: ms, ...outcome });
        // What a file makes the library do as it loads counts for each of its tests.
        mutantCoverage.perTest[id] = added(perTest[fileOf(name)], perTest[name]);
      }
      mutantCoverage.static = added(mutantCoverage.static, whileLoading);
    }
    for (const [id, hits] of Object.entries(mutantCoverage.perTest)) {
      for (const mutant of Object.keys(hits)) (plan.coverage[mutant] ??= []).push(id);
    }
    writeFileSync(join(this.#folder, "plan.json"), JSON.stringify(plan));
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun({ testFilter, activeMutant, hitLimit }) {
    this.#plan ??= JSON.parse(readFileSync(join(this.#folder, "plan.json"), "utf8"));
    const { modes, coverage } = this.#plan;
    // What is reached as the library loads has no list: it may matter to any test.
    const ids = testFilter === undefined ? undefined : new Set(testFilter);
    const reached = new Set(coverage[activeMutant.id]);
    let nrOfTests = 0;
    for (const [mode, figures] of Object.entries(modes)) {
      const names = Object.keys(figures).filter((name) => ids?.has(idOf(mode, name)) ?? true);
      if (names.length === 0) continue;
      const first = names.filter((name) => reached.has(idOf(mode, name)));
      const options = {
        mode,
        wanted: inOrder(names, new Set(first.map(fileOf)), figures, activeMutant.fileName),
        tests: names,
        idle: Object.fromEntries(names.map((name) => [name, figures[name].idle])),
        mutant: activeMutant.id,
        hitLimit,
      };
      const { result, errors, late } = await this.#tests.run(options, 20_000);
      nrOfTests += result?.results.length ?? 1;
      if (late) return { status: MutantRunStatus.Timeout, reason: "no test begins any more" };
      if (result?.hitCount > hitLimit) {
        return { status: MutantRunStatus.Timeout, reason: "it is run again and again" };
      }
      const failed = result?.results.find(({ message }) => message !== undefined);
      const failureMessage = failed?.message ?? errors[0];
      if (failureMessage === undefined) continue;
      const by = failed?.id ?? result?.results.at(-1)?.id ?? names[0];
      const killedBy = [idOf(mode, by)];
      return { status: MutantRunStatus.Killed, killedBy, failureMessage, nrOfTests };
    }
    return { status: MutantRunStatus.Survived, nrOfTests };
  }
}

function added(some = {}, others = {}) {
  const sum = { ...some };
  for (const [key, n] of Object.entries(others)) sum[key] = (sum[key] ?? 0) + n;
  return sum;
}

/** The files of tests: those that reach the mutant, and are about it, first; then the quick ones. */
function inOrder(names, first, figures, mutated) {
  const costs = new Map();
  for (const name of names) {
    costs.set(fileOf(name), (costs.get(fileOf(name)) ?? 5) + figures[name].ms);
  }
  const [, layer, subject] = /src[\\/]([^/\\]+)[\\/]([^/\\]+)\.ts$/.exec(mutated);
  const rank = (file) => {
    const isOwn = file.startsWith(`test/${layer}/`);
    const share = isOwn && file.includes(`/${subject}`) ? 0.001 : isOwn ? 0.1 : 1;
    return costs.get(file) * share + (first.has(file) ? 0 : 1e6);
  };
  return [...costs.keys()].sort((a, b) => rank(a) - rank(b));
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, "corral", Runner),
  declareValuePlugin(PluginKind.Ignore, "messages", messages),
];
