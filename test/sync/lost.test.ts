import { afterEach, describe, expect, test, vi } from "vitest";
import { LostWatch, type Watched } from "../../src/sync/lost.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const watched = (): Watched => ({ slot: -1, source: {} });

describe("a watch over what may be lost", () => {
  test("asks to hear of the next collection once, however much it watches", () => {
    const register = vi.spyOn(FinalizationRegistry.prototype, "register");
    const watch = new LostWatch(() => {});
    for (let i = 0; i < 3; i++) watch.watch(watched());
    expect(register).toHaveBeenCalledTimes(1);
  });

  test("takes out what is released, and nothing else", () => {
    const watch = new LostWatch(() => {});
    const [a, b, c, stranger] = [watched(), watched(), watched(), watched()];
    for (const one of [a, b, c]) watch.watch(one);
    watch.unwatch(stranger);
    expect([a.slot, b.slot, c.slot]).toEqual([0, 1, 2]);
    watch.unwatch(a);
    watch.unwatch(a);
    expect([a.slot, b.slot, c.slot]).toEqual([-1, 1, 0]);
    watch.unwatch(c);
    watch.unwatch(b);
    expect([a.slot, b.slot, c.slot]).toEqual([-1, -1, -1]);
  });
});
