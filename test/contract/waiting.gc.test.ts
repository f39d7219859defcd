// What waited is not kept by what it waited for.
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import { CancelScope } from "corral";
import { contract, within } from "./contract.ts";
import type { Line } from "./line.ts";
import { settle } from "./settle.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still there, after some turns and collections. */
async function kept(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 12 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

// Each makes its objects in a function of its own, so that no frame of the test holds them.

async function aborted(line: Line): Promise<WeakRef<object>[]> {
  const controller = new AbortController();
  const reason = {};
  const called = line.call({ signal: controller.signal }, () => {});
  await settle();
  controller.abort(reason);
  await called.catch(() => {});
  await settle();
  return [called, controller.signal, reason].map((object) => new WeakRef(object));
}

async function cancelled(line: Line): Promise<WeakRef<object>[]> {
  const scope = new CancelScope();
  const refs: WeakRef<object>[] = [new WeakRef(scope)];
  await within(scope, async (options) => {
    const reason = {};
    const called = line.call(options, () => {});
    refs.push(new WeakRef(called), new WeakRef(reason));
    await settle();
    scope.cancel(reason);
    await called.catch(() => {});
    await settle();
  });
  return refs;
}

async function served(line: Line): Promise<WeakRef<object>[]> {
  const { signal } = new AbortController();
  const called = line.call({ signal }, () => {});
  await settle();
  line.wake();
  await settle();
  return [called, signal].map((object) => new WeakRef(object));
}

contract((method, it) => {
  it("is kept by nothing when it is over, nor are its signal, its scope and the reason", async (line) => {
    const refs: WeakRef<object>[] = [];
    // What cancellable() has left alone could still be woken: there the one that is served comes first.
    const first = method.member === "cancellable" ? await served(line) : undefined;
    for (let i = 0; i < 2; i++) refs.push(...(await aborted(line)), ...(await cancelled(line)));
    const [called, signal] = first ?? (await served(line));
    // A function that runs now is not over.
    if (method.calls !== true) refs.push(called!);
    if (method.calls !== true || method.listensOn !== true) refs.push(signal!);
    expect(await kept(refs)).toBe(0);
    expect(line.waiting()).toBe(0);
  });
});
