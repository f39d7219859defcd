import { afterEach, describe, expect, test } from "vitest";
import { CancelScope, sleep } from "corral";
import { currentFrame, Frame, type Held } from "../../src/cancel/frame.ts";
import { ambientTest } from "../support/mode.ts";
import { runtime } from "../../src/internal/runtime.ts";
import { type Wait, WaitQueue } from "../../src/cancel/wait.ts";

const { frame: around } = runtime;

afterEach(() => {
  runtime.frame = around;
});

const lock = (): Held => ({ frames: [], line: new WaitQueue("lock"), most: 1 });

/** Something that is waited for, as far as a frame looks at it. */
const waits = (n: number): Wait[] =>
  Array.from({ length: n }, () => ({ pending: true }) as unknown as Wait);

describe("the sections that hold a lock", () => {
  test("are in its list from their beginning to their end, in whatever order they end", () => {
    const held = lock();
    const [a, b, c, d] = [1, 2, 3, 4].map((weight) => new Frame(held, weight));
    for (const frame of [a!, b!, c!, d!]) frame.begin();
    b!.finish();
    expect(new Set(held.frames)).toEqual(new Set([a, c, d]));
    d!.finish();
    expect(new Set(held.frames)).toEqual(new Set([a, c]));
    c!.finish();
    a!.finish();
    expect(held.frames).toEqual([]);
  });
});

describe("what is awaited in a section", () => {
  test("is remembered there and in those around it, and nowhere else", () => {
    const outer = new Frame(lock(), 1);
    runtime.frame = outer;
    const inner = new Frame(lock(), 1);
    runtime.frame = undefined;
    const other = new Frame(lock(), 1);
    const [first, second] = waits(2) as [Wait, Wait];
    inner.remember(first);
    outer.remember(second);
    expect([inner.waits, outer.waits, other.waits]).toEqual([[first], [first, second], []]);
    expect(inner.outer).toBe(outer);
  });

  test("is eight things at most, of which those go that have ended", () => {
    const frame = new Frame(lock(), 1);
    const all = waits(10);
    for (const wait of all.slice(0, 8)) frame.remember(wait);
    all[2]!.pending = false;
    expect(frame.waits).toEqual(all.slice(0, 8));
    frame.remember(all[8]!);
    const left = [...all.slice(0, 2), ...all.slice(3, 9)];
    expect(frame.waits.map((wait) => all.indexOf(wait))).toEqual([0, 1, 3, 4, 5, 6, 7, 8]);
    frame.remember(all[9]!);
    expect(frame.waits.every((wait, i) => wait === left[i])).toBe(true);
    expect(frame.waits).toHaveLength(8);
  });

  test("is forgotten when it ends", () => {
    const frame = new Frame(lock(), 1);
    frame.begin();
    frame.remember(waits(1)[0]!);
    frame.finish();
    expect([frame.waits, frame.over]).toEqual([[], true]);
  });
});

describe("the section that code is in", () => {
  test("is the one around an ended one, as far as that goes", () => {
    const outer = new Frame(lock(), 1);
    outer.begin();
    runtime.frame = outer;
    const inner = new Frame(lock(), 1);
    inner.begin();
    runtime.frame = inner;
    expect(currentFrame()).toBe(inner);
    inner.finish();
    expect(currentFrame()).toBe(outer);
    outer.finish();
    expect(currentFrame()).toBeUndefined();
  });

  test("is it while its function is called, and is what it was after that, also when it throws", async () => {
    const frame = new Frame(lock(), 1);
    let inside: unknown;
    const call = frame.call(() => {
      inside = currentFrame();
      throw new Error("no");
    });
    expect([inside, runtime.frame]).toEqual([frame, around]);
    await expect(call).rejects.toThrow("no");
  });

  ambientTest("goes with an async function, below a scope (needs ambient scopes)", async () => {
    await new CancelScope().run(async () => {
      const frame = new Frame(lock(), 1);
      frame.begin();
      const call = frame.call(async () => {
        await sleep(0);
        return currentFrame();
      });
      expect(currentFrame()).not.toBe(frame);
      expect(await call).toBe(frame);
    });
  });
});
