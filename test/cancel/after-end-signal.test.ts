import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, sleep } from "corral";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";

type Cancel = (reason: string) => void;

/**
 * Has a scope with two parents, one around it and a signal, come to its end, and gives `check` what is
 * left of it: its signal, a way to run stray code in it, and what each parent is cancelled with.
 */
async function afterEnd(
  check: (left: {
    scope: CancelScope;
    signal: AbortSignal;
    inStray: <T>(fn: () => Promise<T>) => Promise<T>;
    parents: { around: Cancel; signal: Cancel };
  }) => Promise<void>,
): Promise<void> {
  const around = new CancelScope({ name: "around" });
  const controller = new AbortController();
  await around.run(async () => {
    const leave = deferred<() => Promise<unknown>>();
    let stray: Promise<unknown> = Promise.resolve();
    const scope = new CancelScope({ name: "inner", signal: controller.signal });
    const { signal } = scope;
    await scope.run(() => {
      stray = leave.promise.then((fn) => fn());
      stray.catch(() => {});
    });
    await check({
      scope,
      signal,
      inStray: (fn) => {
        leave.resolve(fn);
        return stray as ReturnType<typeof fn>;
      },
      parents: {
        around: (reason) => around.cancel(reason),
        signal: (reason) => controller.abort(reason),
      },
    });
  });
  if (controller.signal.aborted) {
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  }
}

describe.each(["around", "signal"] as const)(
  "of a scope that ended below a scope and a signal, cancelled through its parent (%s),",
  (parent) => {
    ambientTest("waits on its signal reject (needs ambient scopes)", () =>
      afterEnd(async ({ signal, parents }) => {
        const wait = sleep(300_000, { signal });
        parents[parent]("over");
        await expect(wait).rejects.toMatchObject({ name: "AbortError", reason: "over" });
        expect(signal.aborted).toBe(true);
        expect(signal.reason).toMatchObject({ reason: "over" });
        await expect(sleep(0, { signal })).rejects.toMatchObject({ reason: "over" });
      }),
    );

    ambientTest("scopes that take its signal are cancelled (needs ambient scopes)", () =>
      afterEnd(async ({ signal, parents }) => {
        const scope = new CancelScope({ signal });
        const run = scope.run(() => sleep(300_000, { signal: scope.signal }));
        parents[parent]("over");
        await expect(run).rejects.toMatchObject({ reason: "over" });
      }),
    );

    ambientTest("waits of stray code reject (needs ambient scopes)", () =>
      afterEnd(async ({ inStray, parents }) => {
        const begun = deferred();
        const stray = inStray(() => {
          begun.resolve();
          return sleep(300_000);
        });
        await begun.promise;
        parents[parent]("over");
        await expect(stray).rejects.toMatchObject({ reason: "over" });
      }),
    );

    ambientTest("scopes of stray code are cancelled (needs ambient scopes)", () =>
      afterEnd(async ({ inStray, parents }) => {
        const begun = deferred();
        const stray = inStray(() =>
          new CancelScope().run(() => {
            begun.resolve();
            return sleep(300_000);
          }),
        );
        await begun.promise;
        parents[parent]("over");
        await expect(stray).rejects.toMatchObject({ reason: "over" });
      }),
    );

    ambientTest("waits that stray code begins after it reject, too (needs ambient scopes)", () =>
      afterEnd(async ({ inStray, parents }) => {
        parents[parent]("over");
        await expect(inStray(() => sleep(300_000))).rejects.toSatisfy(
          (error) => error === "over" || (error as { reason?: unknown }).reason === "over",
        );
      }),
    );
  },
);

ambientTest(
  "stray code in a scope that ended below a scope and a signal waits as long as neither is cancelled (needs ambient scopes)",
  () =>
    afterEnd(async ({ inStray, scope, signal }) => {
      await inStray(async () => {
        await sleep(0);
        await new CancelScope().run(() => sleep(0));
        expect(CancelScope.current).toBe(scope);
      });
      await sleep(0, { signal });
      // What stray code left in it is gone from both parents.
      expect(scope.owner).toBeUndefined();
      expect(scope.link?.owner).toBeUndefined();
    }),
);

describe("of a scope that ended below a foreign signal, which has aborted since,", () => {
  ambientTest(
    "stray code's waits reject at once, and listen to nothing (needs ambient scopes)",
    async () => {
      const controller = new AbortController();
      const leave = deferred();
      let stray: Promise<unknown> = Promise.resolve();
      await new CancelScope({ signal: controller.signal }).run(() => {
        stray = leave.promise.then(() => sleep(Infinity));
      });
      controller.abort("gone");
      leave.resolve();
      await expect(stray).rejects.toBe("gone");
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    },
  );

  test.each(["before", "after"])(
    "waits on its signal, first read %s the abort, reject at once, and listen to nothing",
    async (when) => {
      const controller = new AbortController();
      const scope = new CancelScope({ signal: controller.signal });
      let signal = when === "before" ? scope.signal : undefined;
      await scope.run(() => undefined);
      controller.abort("gone");
      signal ??= scope.signal;
      await expect(sleep(Infinity, { signal })).rejects.toMatchObject({ reason: "gone" });
      expect(signal.reason).toMatchObject({ reason: "gone" });
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    },
  );
});
