import { expect, test } from "vitest";
import { limit } from "corral";

test("a limit refuses what is no function with a rejection, and takes no place for it", async () => {
  const one = limit(1);
  await expect(one(undefined as never)).rejects.toThrow(TypeError);
  await expect(one(Promise.resolve() as never)).rejects.toThrow(/already started/);
  expect(one.active).toBe(0);
});

test.each([null, 5, "text"])("a limit refuses the options %o", async (options) => {
  let called = false;
  const one = limit(1);
  const call = one(() => {
    called = true;
  }, options as never);
  await expect(call).rejects.toThrow(TypeError);
  expect(called).toBe(false);
  expect(one.active).toBe(0);
});

test("a limit refuses a signal that is none, in line and out of it", async () => {
  const one = limit(1);
  const running = one(async () => {});
  await expect(one(() => {}, { signal: {} as AbortSignal })).rejects.toThrow(TypeError);
  await expect(one.onIdle({ signal: {} as AbortSignal })).rejects.toThrow(TypeError);
  await running;
  expect([one.active, one.pending]).toEqual([0, 0]);
});

test("a limit does not touch the options it is given", async () => {
  const options = Object.freeze({ signal: new AbortController().signal });
  const one = limit(1);
  const calls = [one(() => 1, options), one(() => 2, options)];
  expect(await Promise.all(calls)).toEqual([1, 2]);
});
