import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { startVitest } from "./vitest.mjs";

/** Runs tests of a bundle, each time in a new process. */
export class TestProcess {
  #folder;
  #resultFile;
  #aliveFile;
  #vitest;

  /** @param folder Where the bundles are, and what is said from process to process. */
  constructor(folder, name) {
    this.#folder = folder;
    this.#resultFile = join(folder, `${name}.result.json`);
    this.#aliveFile = join(folder, `${name}.alive`);
  }

  async start() {
    this.#vitest = await startVitest();
  }

  async close() {
    await this.#vitest?.close();
  }

  async bundle(root, files) {
    mkdirSync(this.#folder, { recursive: true });
    await bundle(root, files, join(this.#folder, "tests.bundle.mjs"));
    await bundle(root, [], join(this.#folder, "library.bundle.mjs"));
  }

  /**
   * Gives the results, if it has come to them, what is wrong besides, and whether it was ended because no
   * test has begun for `patience` milliseconds.
   */
  async run(options, patience) {
    const { state } = this.#vitest;
    rmSync(this.#resultFile, { force: true });
    rmSync(this.#aliveFile, { force: true });
    state.filesMap.clear();
    state.errorsSet.clear();
    this.#vitest.provide("run", {
      ...options,
      bundle: join(this.#folder, "tests.bundle.mjs"),
      libraryBundle: join(this.#folder, "library.bundle.mjs"),
      resultFile: this.#resultFile,
      aliveFile: this.#aliveFile,
    });
    const watch = this.#watch(patience);
    try {
      await this.#vitest.start();
    } catch (error) {
      state.errorsSet.add(error);
    } finally {
      clearInterval(watch.timer);
    }
    const result = existsSync(this.#resultFile)
      ? JSON.parse(readFileSync(this.#resultFile, "utf8"))
      : undefined;
    const broken = state.getFiles().flatMap((file) => file.result?.errors ?? []);
    const errors = [...broken, ...state.errorsSet].map((error) => error?.message ?? String(error));
    if (result === undefined && errors.length === 0) errors.push("the tests have not ended");
    return { result, errors, late: watch.late };
  }

  /** Ends a process in which no test begins any more. */
  #watch(patience) {
    const watch = { late: false, timer: undefined };
    let seen = { alive: 0, cpu: 0 };
    watch.timer = setInterval(() => {
      if (!existsSync(this.#aliveFile)) return;
      const alive = statSync(this.#aliveFile).mtimeMs;
      const pid = Number(readFileSync(this.#aliveFile, "utf8"));
      const cpu = cpuOf(pid);
      if (alive !== seen.alive) seen = { alive, cpu };
      // What spins needs no patience: it has had the time that others wait for.
      const spins = cpu - seen.cpu > patience / 5;
      if (pid === 0 || (!spins && Date.now() - alive < patience)) return;
      watch.late = true;
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }, 250);
    return watch;
  }
}

/** How many milliseconds of a processor a process has had; zero where nobody tells. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0;
  }
}
