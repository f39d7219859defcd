import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Runtime } from "../../src/internal/runtime.ts";

const key = Symbol.for("corral.runtime.1");
const registry = globalThis as unknown as Record<symbol, unknown>;

interface Port {
  onmessage: unknown;
  close(): void;
}

const Channel = globalThis.MessageChannel as unknown as new () => { readonly port1: Port };

let record: unknown;
let channels: { readonly port1: Port }[];

beforeEach(() => {
  record = registry[key];
  channels = [];
});

afterEach(() => {
  for (const { port1 } of channels) port1.close();
  registry[key] = record;
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** Loads the library as if for the first time, on a platform with these globals. */
async function load(platform: Record<string, unknown>): Promise<Runtime> {
  for (const [name, value] of Object.entries(platform)) vi.stubGlobal(name, value);
  Reflect.deleteProperty(globalThis, key);
  vi.resetModules();
  const { runtime } = await import("../../src/internal/runtime.ts");
  expect(registry[key]).toBe(runtime);
  expect(runtime).not.toBe(record);
  return runtime;
}

describe("where there is a MessageChannel and no setImmediate", () => {
  const platform = {
    setImmediate: undefined,
    MessageChannel: function () {
      const channel = new Channel();
      channels.push(channel);
      return channel;
    },
  };

  test("loading the library opens no port", async () => {
    await load(platform);
    expect(channels).toHaveLength(0);
  });

  test("a hop is a macrotask", async () => {
    const runtime = await load(platform);
    const order: string[] = [];
    const hop = new Promise<void>((resolve) => runtime.later(resolve)).then(() => {
      order.push("hop");
    });
    for (let i = 0; i < 100; i++) await Promise.resolve();
    order.push("microtasks");
    await hop;
    expect(order).toEqual(["microtasks", "hop"]);
  });

  test("hops come in order, on one channel, which listens only while one is due", async () => {
    const runtime = await load(platform);
    const order: number[] = [];
    const hop = (i: number): Promise<void> =>
      new Promise((resolve) =>
        runtime.later(() => {
          order.push(i);
          resolve();
        }),
      );
    const hops = [hop(0), hop(1), hop(2)];
    expect(channels).toHaveLength(1);
    expect(channels[0]!.port1.onmessage).not.toBeNull();
    await Promise.all(hops);
    expect(order).toEqual([0, 1, 2]);
    expect(channels[0]!.port1.onmessage).toBeNull();
    await hop(3);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(channels).toHaveLength(1);
    expect(channels[0]!.port1.onmessage).toBeNull();
  });
});

test("where there is neither, a hop takes a timer", async () => {
  const runtime = await load({ setImmediate: undefined, MessageChannel: undefined });
  await new Promise<void>((resolve) => runtime.later(resolve));
});
