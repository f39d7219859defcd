import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explicit } from "../support/mode.ts";

/** Not reached by any program that works: a stray timer of it shows as a test that times out. */
const AN_HOUR = 3_600_000;

let folder: string;
const children = new Set<ChildProcess>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "corral-main-"));
  buildSync({
    entryPoints: [fileURLToPath(new URL("../../src/index.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    outfile: join(folder, "corral.mjs"),
  });
  writeFileSync(
    join(folder, "mode.mjs"),
    explicit ? 'Reflect.deleteProperty(process, "getBuiltinModule");' : "",
  );
}, 30_000);

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly errors: string;
}

let count = 0;

/**
 * Runs a program to its end. For each line `kill <signal>` that it prints, it gets that signal.
 */
function run(program: string): Promise<Ended> {
  const file = join(folder, `program-${++count}.mjs`);
  const names =
    "any, cancellable, gather, limit, main, map, moveOnAfter, race, shield, sleep, taskGroup, timeout";
  writeFileSync(file, `import { ${names} } from "./corral.mjs";\n${program}`);
  const child = spawn(
    process.execPath,
    ["--import", pathToFileURL(join(folder, "mode.mjs")).href, file],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  children.add(child);
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    // Not by child.kill(): in Deno, that signal then counts as the end of a child that has caught it.
    for (const [, signal] of text.matchAll(/^kill (\w+)$/gm)) process.kill(child.pid!, signal);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal, out, errors });
    });
  });
}

describe.concurrent("a program under main()", { timeout: 20_000 }, () => {
  test("that succeeds ends with code 0, at once: no timer of the library is left", async () => {
    const { code, out, errors } = await run(`
      const value = await main(async (scope) => {
        const { signal } = scope;
        await race([() => sleep(1, { signal }), (inner) => sleep(${AN_HOUR}, { signal: inner.signal })]);
        await timeout(${AN_HOUR}, () => sleep(1), { signal });
        await moveOnAfter(${AN_HOUR}, () => sleep(1), { signal });
        await taskGroup((group) => {
          group.spawn((task) => sleep(${AN_HOUR}, { signal: task.scope.signal }));
          group.cancel();
        }, { signal, timeoutMs: ${AN_HOUR} });
        await shield(() => sleep(1), { timeoutMs: ${AN_HOUR} });
        return "done";
      });
      console.log(value);
    `);
    expect({ code, out, errors }).toEqual({ code: 0, out: "done\n", errors: "" });
  });

  test("that fails ends with code 1, and all failures printed", async () => {
    const { code, out, errors } = await run(`
      await main((scope) => taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(${AN_HOUR}, { signal: task.scope.signal }).catch(() => {});
          throw new Error("second");
        });
        group.spawn(() => Promise.reject(new Error("first")));
      }, { signal: scope.signal }));
      console.log("after main");
    `);
    expect(code).toBe(1);
    expect(out).toBe("after main\n");
    expect(errors).toMatch(/[Ee]rror: first[\s\S]*[Ee]rror: second/);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("that is stopped by %s cleans up, and ends with code %i", async (signal, code) => {
    const ended = await run(`
      await main(async (scope) => {
        console.log("kill ${signal}");
        try {
          await sleep(${AN_HOUR}, { signal: scope.signal });
        } finally {
          await shield(() => sleep(5), { timeoutMs: 1_000 });
          console.log("cleaned up");
        }
      }, { graceMs: ${AN_HOUR} });
    `);
    expect(ended.out).toBe(`kill ${signal}\ncleaned up\n`);
    expect(ended.errors).toBe("");
    expect(ended.code).toBe(code);
  });

  test("that sleeps for ever stays alive until it is stopped", async () => {
    const { code, errors } = await run(`
      // Long after a program that nothing keeps alive would have ended.
      setTimeout(() => console.log("kill SIGINT"), 200).unref();
      await main((scope) => sleep(Infinity, { signal: scope.signal }));
    `);
    expect({ code, errors }).toEqual({ code: 130, errors: "" });
  });

  test("that does not end in time is left behind, with the tree of what runs", async () => {
    const { code, errors } = await run(`
      await main((scope) => taskGroup((group) => {
        group.spawn(() => new Promise(() => setInterval(() => {}, 1_000)), { name: "stubborn" });
        console.log("kill SIGTERM");
      }, { signal: scope.signal }), { graceMs: 20 });
    `);
    expect(code).toBe(143);
    expect(errors).toContain("20 ms after SIGTERM");
    expect(errors).toMatch(/"main"[\s\S]*"stubborn"/);
  });

  test("that gets a second signal is left behind at once, with the tree of what runs", async () => {
    const { code, errors } = await run(`
      await main((scope) => taskGroup((group) => {
        group.spawn((task) => new Promise(() => {
          setInterval(() => {}, 1_000);
          task.scope.signal.addEventListener("abort", () => console.log("kill SIGINT"));
        }), { name: "stubborn" });
        console.log("kill SIGINT");
      }, { signal: scope.signal }), { graceMs: ${AN_HOUR} });
    `);
    expect(code).toBe(130);
    expect(errors).toContain("second signal");
    expect(errors).toMatch(/"main"[\s\S]*"stubborn"/);
  });

  // Deno and Bun do not say that nothing is left to do while a module waits at its top level.
  describe.each([
    ["called", "void"],
    ["awaited at the top level", "await"],
  ])("%s", (_how, keyword) => {
    test("that waits for what nobody can end ends with code 13, with the tree of its waits", async () => {
      const { code, errors } = await run(`
        ${keyword} main((scope) => taskGroup((group) => {
          group.spawn(
            (task) => cancellable(new Promise(() => {}), { signal: task.scope.signal }),
            { name: "forgotten" },
          );
        }, { signal: scope.signal }));
      `);
      expect(code).toBe(13);
      expect(errors).toMatch(/"main"[\s\S]*"forgotten"[\s\S]*waits for promise/);
    });

    test("is kept alive by no daemon", async () => {
      const { code, errors } = await run(`
        ${keyword} main((scope) => taskGroup(async (group) => {
          group.spawn((task) => sleep(${AN_HOUR}, { signal: task.scope.signal }), {
            daemon: true,
            name: "heartbeat",
          });
          await cancellable(new Promise(() => {}), { signal: group.scope.signal });
        }, { signal: scope.signal }));
      `);
      expect(code).toBe(13);
      expect(errors).toContain('"heartbeat"');
    });
  });

  test("leaves the signals to the platform when it has ended", async () => {
    const { code, signal, out } = await run(`
      await main(() => {});
      console.log(process.listenerCount("SIGINT"), process.listenerCount("SIGTERM"));
      setInterval(() => {}, 1_000);
      console.log("kill SIGINT");
    `);
    expect(out).toContain("0 0\n");
    expect({ code, signal }).toEqual({ code: null, signal: "SIGINT" });
  });
});

describe.concurrent("pitfall 25: a program without main()", { timeout: 20_000 }, () => {
  test("that waits for nothing but a sleep gets its answer", async () => {
    const { code, out } = await run('await sleep(20); console.log("slept");');
    expect({ code, out }).toEqual({ code: 0, out: "slept\n" });
  });

  test("that waits for nothing but a deadline gets its answer", async () => {
    const { code, out } = await run(`
      await timeout(20, (scope) => cancellable(new Promise(() => {}), { signal: scope.signal }))
        .catch((error) => console.log(error.name));
      console.log(await moveOnAfter(
        20,
        (scope) => cancellable(new Promise(() => {}), { signal: scope.signal }),
        { fallback: () => "moved on" },
      ));
    `);
    expect({ code, out }).toEqual({ code: 0, out: "TimeoutError\nmoved on\n" });
  });

  test("ends at once when its work is done, and without a listener on the process", async () => {
    const { code, out, errors } = await run(`
      const events = () => process.eventNames().length;
      const before = events();
      const two = limit(2);
      const signal = AbortSignal.timeout(${AN_HOUR});
      await Promise.all(Array.from({ length: 50 }, () => two(() => sleep(1, { signal }), { signal })));
      await map([1, 2, 3], () => sleep(1, { signal }), { concurrency: 2, signal });
      await any([() => 1, (scope) => sleep(${AN_HOUR}, { signal: scope.signal })], { signal });
      console.log(events() - before);
    `);
    expect({ code, out, errors }).toEqual({ code: 0, out: "0\n", errors: "" });
  });
});
