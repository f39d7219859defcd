import {
  AsyncEvent,
  CancelledError,
  CancelScope,
  moveOnAfter,
  safeChannel,
  sleep,
  taskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "memory channel (Trio)";

async function* count(): AsyncGenerator<number> {
  for (let i = 0; i < 2; i++) yield i;
}

behaviour(
  {
    area,
    id: "test_as_safe_channel_exhaust",
    says: "a loop over the channel of a generator gets what that yields, and ends with it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      await using numbers = safeChannel(async function* () {
        yield 1;
      });
      const got: number[] = [];
      for await (const number of numbers) got.push(number);
      expect(got).toEqual([1]);
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_exhaust: again",
    says: "one that has ended says so again, as often as it is asked",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      await using numbers = safeChannel(count);
      const results = [];
      for (let i = 0; i < 4; i++) results.push(await numbers.next());
      expect(results.map((result) => result.done)).toEqual([false, false, true, true]);
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_broken_resource",
    says: "to read on after the channel was closed is an error, and leaving it then is none",
    verdict: "differs",
    because: "It says that it is over, as an async generator does that was left.",
  },
  () =>
    withVirtualClock(async () => {
      await using numbers = safeChannel(async function* () {
        yield 1;
        yield 2;
      });
      expect(await numbers.next()).toEqual({ done: false, value: 1 });
      await numbers.return();
      expect(await numbers.next()).toEqual({ done: true, value: undefined });
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_cancelled",
    says: "a generator whose surroundings are cancelled before anything was read never begins",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const scope = new CancelScope();
      let begun = false;
      const run = scope.run(async () => {
        await using numbers = safeChannel(async function* () {
          begun = true;
          yield 1;
        }, at(scope));
        scope.cancel();
        await numbers.next();
      });
      await expect(run).rejects.toBeInstanceOf(CancelledError);
      expect(begun).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_recv_closed",
    says: "the channel can be closed while the generator waits before its first item",
    verdict: "holds",
    because: "The generator is cancelled, and has ended when `return()` resolves.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const event = new AsyncEvent();
      const log: string[] = [];
      await using numbers = safeChannel(async function* (scope) {
        try {
          await event.wait(at(scope));
          yield 1;
        } finally {
          log.push("ended");
        }
      });
      const next = numbers.next();
      await clock.runUntilIdle();
      expect(event.waiting).toBe(1);
      await numbers.return();
      log.push("returned");
      expect(await next).toEqual({ done: true, value: undefined });
      expect(log).toEqual(["ended", "returned"]);
      expect(event.waiting).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_no_race",
    says: "what the generator throws after its last item comes out where its items are read",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const got: number[] = [];
      const read = async (): Promise<void> => {
        await using numbers = safeChannel(async function* () {
          yield 1;
          throw new RangeError("oae");
        });
        for await (const number of numbers) got.push(number);
      };
      await expect(read()).rejects.toThrow(new RangeError("oae"));
      expect(got).toEqual([1]);
    }),
);

for (const [id, says] of [
  [
    "test_as_safe_channel_buffer_size_too_small",
    "the generator is not asked for another item while the last one is worked on",
  ],
  [
    "test_as_safe_channel_no_interleave",
    "the generator does not go on while the reader waits for something else",
  ],
] as const) {
  behaviour({ area, id, says, verdict: "holds" }, () =>
    withVirtualClock(async (clock) => {
      let asked = 0;
      await moveOnAfter(5_000, async (scope) => {
        await using numbers = safeChannel(async function* () {
          asked++;
          yield 1;
          asked++;
          yield 2;
        }, at(scope));
        if (id === "test_as_safe_channel_no_interleave") {
          expect(await numbers.next()).toEqual({ done: false, value: 1 });
          await clock.runUntilIdle();
        } else {
          for await (const number of numbers) {
            expect(number).toBe(1);
            await sleep(Infinity, at(scope));
          }
        }
      });
      expect(asked).toBe(1);
    }),
  );
}

behaviour(
  {
    area,
    id: "test_as_safe_channel_genexit_finally",
    says: "when the loop fails and the generator's cleanup fails, too, both errors come out in a group",
    verdict: "differs",
    because:
      "`await using` gives a SuppressedError: the error of the cleanup, with that of the loop as the suppressed one.",
  },
  () =>
    withVirtualClock(async () => {
      const log: string[] = [];
      const read = async (): Promise<void> => {
        await using numbers = safeChannel(async function* () {
          try {
            yield 1;
          } finally {
            log.push("finally");
            // oxlint-disable-next-line no-unsafe-finally -- it is what this is about
            throw new RangeError("generator");
          }
        });
        const { value } = await numbers.next();
        expect(value).toBe(1);
        throw new TypeError("loop");
      };
      await expect(read()).rejects.toMatchObject({
        name: "SuppressedError",
        error: new RangeError("generator"),
        suppressed: new TypeError("loop"),
      });
      expect(log).toEqual(["finally"]);
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_nested_loop",
    says: "channels of one generator can be nested",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const got: string[] = [];
      await using outer = safeChannel(count);
      for await (const i of outer) {
        await using inner = safeChannel(count);
        for await (const j of inner) got.push(`${i}${j}`);
      }
      expect(got).toEqual(["00", "01", "10", "11"]);
    }),
);

behaviour(
  {
    area,
    id: "test_as_safe_channel_doesnt_leak_cancellation",
    says: "a scope that is cancelled in the generator, and open over an item, cancels nothing of the reader",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const got: unknown[] = [];
      const read = async (): Promise<void> => {
        await using items = safeChannel(async function* () {
          const inner = new CancelScope();
          inner.cancel();
          yield inner.cancelled;
          await sleep(1);
        });
        for await (const item of items) {
          await sleep(1);
          got.push(item);
        }
      };
      await read();
      expect(got).toEqual([true]);
    }),
);

notTransferable({
  area,
  id: "test_as_safe_channel_dont_unwrap_user_exceptiongroup",
  says: "a group of errors that the reader throws comes out as it is",
  because: "Errors are not put into groups, so that none is taken out of one.",
});

behaviour(
  {
    area,
    id: "test_as_safe_channel_multiple_receiver",
    says: "several tasks can wait at the channel, and get the items in the order in which they came",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const event = new AsyncEvent();
      await using numbers = safeChannel(async function* (scope) {
        await event.wait(at(scope));
        for (let i = 0; i < 2; i++) yield i;
      });
      const got: (number | undefined)[] = [];
      await taskGroup(async (group) => {
        for (let i = 0; i < 2; i++) {
          group.spawn(async () => {
            got[i] = (await numbers.next()).value;
          });
        }
        await clock.runUntilIdle();
        event.set();
      });
      expect(got).toEqual([0, 1]);
    }),
);
