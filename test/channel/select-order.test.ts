// Which of several clauses that can be done is chosen.
import { afterEach, describe, expect, test, vi } from "vitest";
import { AsyncEvent, type Clause, Queue, recv, select, trySelect, when } from "corral";

afterEach(() => {
  vi.restoreAllMocks();
});

const KEYS = ["a", "b", "c"];

/** Clauses all of which can be done, and again. */
function ready(): Record<string, Clause<void>> {
  return Object.fromEntries(
    KEYS.map((key) => {
      const event = new AsyncEvent();
      event.set();
      return [key, when(event)];
    }),
  );
}

/** Makes chance take each way in turn in which two dice of three and of two sides can fall. */
function eachWay(): { readonly ways: number } {
  const rolls = [0, 1, 2].flatMap((three) => [0, 1].map((two) => [(three + 0.5) / 3, two / 2]));
  const queue = rolls.flat();
  vi.spyOn(Math, "random").mockImplementation(() => {
    const roll = queue.shift()!;
    queue.push(roll);
    return roll;
  });
  return { ways: rolls.length };
}

async function count(ways: number, choose: () => unknown): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let way = 0; way < ways; way++) {
    const { key } = (await choose()) as { key: string };
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe("chance is fair: each of three clauses is chosen in two of six ways", () => {
  test("by select()", async () => {
    const clauses = ready();
    const { ways } = eachWay();
    expect(await count(ways, () => select(clauses))).toEqual({ a: 2, b: 2, c: 2 });
  });

  test("by trySelect()", async () => {
    const clauses = ready();
    const { ways } = eachWay();
    expect(await count(ways, () => trySelect(clauses))).toEqual({ a: 2, b: 2, c: 2 });
  });

  test("by select() that waits, when one step lets all go on", async () => {
    const event = new AsyncEvent();
    const clauses = Object.fromEntries(KEYS.map((key) => [key, when(event)]));
    const { ways } = eachWay();
    const counts = await count(ways, () => {
      const chosen = select(clauses);
      event.set();
      event.clear();
      return chosen;
    });
    expect(counts).toEqual({ a: 2, b: 2, c: 2 });
  });
});

describe("a biased select()", () => {
  test("chooses what is named first, whatever chance says", async () => {
    const clauses = ready();
    const { ways } = eachWay();
    expect(await count(ways, () => select(clauses, { biased: true }))).toEqual({ a: ways });
    expect(await count(ways, () => trySelect(clauses, { biased: true }))).toEqual({ a: ways });
  });

  test("chooses what is named later when that alone can be done", async () => {
    const { c } = ready();
    const a = when(new AsyncEvent());
    expect((await select({ a, b: undefined, c }, { biased: true })).key).toBe("c");
  });

  test("takes from a high queue before a low one", async () => {
    const high = new Queue<string>({ capacity: 9 });
    const low = new Queue<string>({ capacity: 9 });
    for (const item of ["l1", "l2"]) low.tryPut(item);
    for (const item of ["h1", "h2"]) high.tryPut(item);
    const got: string[] = [];
    for (let i = 0; i < 4; i++) {
      const chosen = await select({ high: recv(high), low: recv(low) }, { biased: true });
      got.push(chosen.value);
    }
    expect(got).toEqual(["h1", "h2", "l1", "l2"]);
  });
});

test("biased: false and undefined leave it to chance", async () => {
  for (const biased of [false, undefined]) {
    const clauses = ready();
    const { ways } = eachWay();
    expect(await count(ways, () => select(clauses, { biased }))).toEqual({ a: 2, b: 2, c: 2 });
    vi.restoreAllMocks();
  }
});
