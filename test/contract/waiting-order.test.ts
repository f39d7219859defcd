// In which order those who wait are served, and what becomes of those behind one who leaves.
import { AsyncLocalStorage } from "node:async_hooks";
import { expect } from "vitest";
import { CancelScope } from "corral";
import { explicit } from "../support/mode.ts";
import { callersOf, contract, within } from "./contract.ts";
import { settle } from "./settle.ts";

const storage = new AsyncLocalStorage<string>();

contract((method, it) => {
  const { gives } = method;
  const all = gives === "opening" || gives === "round";

  it("waits until it is woken, and is counted meanwhile", async (line) => {
    const { log, call } = callersOf(line);
    expect(line.waiting()).toBe(0);
    await call("a");
    expect([log, line.waiting()]).toEqual([[], 1]);
    line.wake();
    await settle();
    expect([log, line.waiting()]).toEqual([["a"], 0]);
  });

  it("lets those go who wait in the order in which they came", async (line) => {
    const { log, call } = callersOf(line);
    for (const name of ["a", "b", "c"]) await call(name);
    expect(line.waiting()).toBe(3);
    for (const [i, served] of ["a", "ab", "abc"].entries()) {
      if (i === 0 || !all) line.wake();
      await settle();
      expect([log.join(""), line.waiting()]).toEqual(all ? ["abc", 0] : [served, 2 - i]);
    }
  });

  it("serves the next when the first has left, and all in order when one between has", async (line) => {
    const { log, call } = callersOf(line);
    const first = new AbortController();
    const third = new AbortController();
    await call("a", { signal: first.signal });
    await call("b");
    await call("c", { signal: third.signal });
    await call("d");
    third.abort("gone");
    first.abort("gone");
    await settle();
    expect([log.toSorted(), line.waiting()]).toEqual([["a: gone", "c: gone"], 2]);
    log.length = 0;
    // Each waits for something of its own, also those who have left.
    const wakes = gives === "own" ? 4 : all ? 1 : 2;
    for (let i = 0; i < wakes; i++) {
      line.wake();
      await settle();
    }
    expect([log, line.waiting()]).toEqual([["b", "d"], 0]);
  });

  if (gives === "unit" || gives === "opening") {
    it("does not wait for what is there already", async (line) => {
      line.wake();
      await settle();
      expect([line.waiting(), line.free?.() ?? 1]).toEqual([0, 1]);
      const { log, call } = callersOf(line);
      const called = call("a");
      expect(line.waiting()).toBe(0);
      await called;
      expect([log, line.waiting(), line.free?.() ?? 0]).toEqual([["a"], 0, 0]);
    });
  }

  if (gives === "unit" && method.beginsLater !== true) {
    it("lets no newcomer overtake one who was given what it waited for", async (line) => {
      const { log, call } = callersOf(line);
      await call("a");
      line.wake();
      await call("newcomer");
      expect([log, line.waiting()]).toEqual([["a"], 1]);
    });
  }

  if (method.calls === true) {
    it("calls the function in the async context and the scope of its caller", async (line) => {
      const seen: unknown[] = [];
      const look = (): unknown => {
        const own = CancelScope.current;
        const current = method.opensScope === true ? (own?.parent as CancelScope) : own;
        return seen.push(storage.getStore(), current?.name);
      };
      const scope = new CancelScope({ name: "caller's" });
      await within(scope, async (options) => {
        const calling = storage.run("caller's", () => line.call(options, look));
        calling.catch(() => {});
        await settle();
        storage.run("foreign", () => line.wake());
        await settle();
      });
      expect(seen).toEqual(["caller's", explicit ? undefined : "caller's"]);
    });
  }
});
