import { expect, test } from "vitest";
import { cancellable, CancelScope, limit, sleep } from "corral";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

test("a wait that a scope cancels and nobody awaits is no unhandled rejection", async () => {
  const scope = new CancelScope();
  const seen = await unhandledDuring(async () => {
    await scope.run(() => {
      void sleep(Infinity, at(scope));
      scope.cancel();
      void sleep(Infinity, at(scope));
    });
  });
  expect(seen).toEqual([]);
});

test("a wait that its signal cancels and nobody awaits is no unhandled rejection", async () => {
  const controller = new AbortController();
  const one = limit(1);
  const end = deferred();
  const seen = await unhandledDuring(async () => {
    const held = one(() => end.promise);
    void sleep(Infinity, { signal: controller.signal });
    void one(() => undefined, { signal: controller.signal });
    controller.abort(new Error("gone"));
    void sleep(Infinity, { signal: controller.signal });
    void one(() => undefined, { signal: controller.signal });
    end.resolve();
    await held;
  });
  expect(seen).toEqual([]);
});

test("a call in line that clear() drops and nobody awaits is no unhandled rejection", async () => {
  const one = limit(1);
  const end = deferred();
  const seen = await unhandledDuring(async () => {
    const held = one(() => end.promise);
    void one(() => undefined);
    one.clear();
    end.resolve();
    await held;
  });
  expect(seen).toEqual([]);
});

test("an abandoned promise that rejects late is no unhandled rejection", async () => {
  const controller = new AbortController();
  const seen = await unhandledDuring(() => {
    void cancellable(new Promise((_, reject) => setImmediate(() => reject(new Error("late")))), {
      signal: controller.signal,
    });
    controller.abort();
  });
  expect(seen).toEqual([]);
});

test("a failure that nobody awaits is an unhandled rejection", async () => {
  const failure = new Error("lost");
  const one = limit(1);
  const seen = await unhandledDuring(() => {
    void cancellable(Promise.reject(failure));
    void one(() => Promise.reject(failure));
    void new CancelScope().run(() => Promise.reject(failure));
  });
  expect(seen).toEqual([failure, failure, failure]);
});
