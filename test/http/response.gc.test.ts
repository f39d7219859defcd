import { setImmediate as turn } from "node:timers/promises";
import { httpPool, type HttpPool } from "corral/http";
import { expect, test } from "vitest";
import { reportsDuring } from "../support/reports.ts";

const collect = (globalThis as unknown as { gc: () => void }).gc;

function open(): HttpPool {
  const body = new Blob(["x".repeat(100)]);
  return httpPool({ fetch: async () => new Response(body.stream()), total: 1 });
}

async function collected(holds: () => boolean): Promise<boolean> {
  for (let i = 0; i < 30; i++) {
    collect();
    await turn();
    if (holds()) return true;
  }
  return false;
}

test("a response that is garbage and was never read gives its place back, and is reported", async () => {
  const http = open();
  const lose = async (): Promise<void> => void (await http.fetch("https://a.example/"));
  const reports = await reportsDuring(
    async () => {
      await lose();
      expect(http.stats().active).toBe(1);
      expect(await collected(() => http.stats().active === 0)).toBe(true);
    },
    { lost: true },
  );
  expect(reports).toEqual([
    "The body of https://a.example/ was never read, and its place was taken back: the response is garbage",
  ]);
  expect(await http.text("https://a.example/")).toHaveLength(100);
});

test("a stream that somebody holds keeps the place, when its response is garbage", async () => {
  const http = open();
  const stream = await (async () => (await http.fetch("https://a.example/")).body!)();
  expect(await collected(() => http.stats().active === 0)).toBe(false);
  expect((await new Response(stream).text()).length).toBe(100);
});

test("a pool keeps nothing of the responses that were read", async () => {
  const http = open();
  const refs: WeakRef<object>[] = [];
  for (let i = 0; i < 20; i++) {
    const response = await http.fetch(`https://${i}.example/`);
    await response.text();
    refs.push(new WeakRef(response));
  }
  await turn();
  // The last may be held by what was just running.
  const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
  expect(await collected(() => left() <= 1)).toBe(true);
});
