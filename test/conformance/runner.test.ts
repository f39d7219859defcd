import { main, sleep, TaskGroup } from "corral";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "runner";

async function* fidget(log: string[]): AsyncGenerator<number> {
  try {
    for (;;) yield 1;
  } finally {
    log.push("generator closed");
  }
}

beforeEach(() => {
  process.exitCode = 0;
});

afterEach(() => {
  process.exitCode = 0;
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

for (const id of ["test_asyncio_run_return", "test_run"]) {
  behaviour(
    { area, id, says: "a program gives what its function returns", verdict: "holds" },
    async () => {
      const program = main(async (scope) => {
        await sleep(0, at(scope));
        return 42;
      });
      await expect(program).resolves.toBe(42);
      expect(process.exitCode).toBe(0);
    },
  );
}

behaviour(
  {
    area,
    id: "test_asyncio_run_raises",
    says: "a program raises what its function raises",
    verdict: "differs",
    because: "The error is printed and makes the exit code 1; the promise of main() never rejects.",
  },
  async () => {
    const failure = new Error("spam");
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const program = main(async (scope) => {
      await sleep(0, at(scope));
      throw failure;
    });
    await expect(program).resolves.toBeUndefined();
    expect(printed.mock.calls).toEqual([[failure]]);
    expect(process.exitCode).toBe(1);
  },
);

behaviour(
  {
    area,
    id: "test_asyncio_run_only_coro",
    says: "what cannot be run as a program is refused",
    verdict: "holds",
  },
  async () => {
    for (const wrong of [1, undefined, {}]) {
      await expect(main(wrong as never)).rejects.toThrow(/"fn" must be a function/);
    }
    await expect(main(() => 1, { graceMs: Number.NaN })).rejects.toBeInstanceOf(RangeError);
    await expect(main(() => "still works")).resolves.toBe("still works");
  },
);

behaviour(
  {
    area,
    id: "test_run_non_coro",
    says: "a plain number is refused as a program",
    verdict: "holds",
  },
  async () => {
    await expect(main(123 as never)).rejects.toThrow(TypeError);
  },
);

for (const id of ["test_run_future", "test_run_awaitable"]) {
  behaviour(
    {
      area,
      id,
      says: `a program may be ${id === "test_run_future" ? "a future" : "any awaitable"}`,
      verdict: "differs",
      because:
        "Only a function: what is under way already runs in no scope and could not be cancelled.",
    },
    async () => {
      const group = new TaskGroup();
      const underWay =
        id === "test_run_future" ? Promise.resolve("done") : group.spawn(() => "done");
      await expect(main(underWay as never)).rejects.toThrow(/already started/);
      await group[Symbol.asyncDispose]();
    },
  );
}

for (const id of ["test_asyncio_run_from_running_loop", "test_recursive_run"]) {
  behaviour(
    { area, id, says: "a program cannot be run within a program", verdict: "holds" },
    async () => {
      let called = false;
      await main(async () => {
        const inner = main(() => {
          called = true;
        });
        await expect(inner).rejects.toBeInstanceOf(TypeError);
      });
      expect(called).toBe(false);
      await expect(main(() => "next")).resolves.toBe("next");
    },
  );
}

behaviour(
  {
    area,
    id: "test_asyncio_run_cancels_hanging_tasks",
    says: "what still runs when the program's function has returned is cancelled and waited for",
    verdict: "holds",
    because: "Only a group that was made by itself can be left open; it is reported.",
  },
  async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const log: string[] = [];
    const program = main((scope) => {
      const group = new TaskGroup(at(scope));
      group.spawn((task) => sleep(100_000, at(task.scope)).finally(() => log.push("leftover")));
      return 123;
    });
    await expect(program.finally(() => log.push("program"))).resolves.toBe(123);
    expect(log).toEqual(["leftover", "program"]);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("still open"));
  },
);

behaviour(
  {
    area,
    id: "test_asyncio_run_reports_hanging_tasks_errors",
    says: "errors of what was left running are reported, and the program's result stands",
    verdict: "holds",
  },
  async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const program = main((scope) => {
      const group = new TaskGroup(at(scope));
      group.spawn((task) =>
        sleep(100_000, at(task.scope)).catch(() => {
          throw new Error("left over");
        }),
      );
      return 123;
    });
    await expect(program).resolves.toBe(123);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("left over"));
  },
);

behaviour(
  {
    area,
    id: "test_asyncio_run_closes_gens_after_hanging_tasks_errors",
    says: "async generators are closed, also when what was left running fails",
    verdict: "holds",
    because: "The loop over a generator closes it when the cancellation passes.",
  },
  async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const log: string[] = [];
    const failure = new Error("fancy exit");
    const program = main((scope) => {
      const group = new TaskGroup(at(scope));
      group.spawn(async (task) => {
        for await (const one of fidget(log)) {
          await sleep(one * 100_000, at(task.scope)).catch(() => {
            throw new Error("left over");
          });
        }
      });
      throw failure;
    });
    await program;
    expect(log).toEqual(["generator closed"]);
    expect(printed).toHaveBeenCalledWith(failure);
    expect(process.exitCode).toBe(1);
  },
);

behaviour(
  {
    area,
    id: "test_no_repr_is_call_on_the_task_result",
    says: "the result of a program is not turned into text",
    verdict: "holds",
  },
  async () => {
    const told = vi.fn(() => "text");
    const result = {
      toString: told,
      toJSON: told,
      [Symbol.for("nodejs.util.inspect.custom")]: told,
    };
    expect(await main(() => result)).toBe(result);
    expect(told).not.toHaveBeenCalled();
  },
);

for (const [id, says] of [
  ["test_asyncio_run_debug", "a program can be run in debug mode"],
  ["test_non_debug", "a runner can be made without debug mode"],
  ["test_debug", "a runner can be made with debug mode"],
] as const) {
  notTransferable({ area, id, says, because: "There is no debug mode." });
}

for (const [id, says] of [
  ["test_asyncio_run_set_event_loop", "a run sets the current event loop"],
  ["test_asyncio_run_loop_factory", "a run can be given its event loop"],
  ["test_asyncio_run_without_uncancel", "a run works with tasks that cannot be uncancelled"],
  ["test_custom_factory", "a runner can be given its event loop"],
  ["test_set_event_loop_called_once", "a runner sets the current event loop once"],
] as const) {
  notTransferable({ area, id, says, because: "There is one event loop, the platform's." });
}

for (const [id, says] of [
  ["test_explicit_close", "a runner that was closed cannot be used"],
  ["test_double_close", "closing a runner twice does nothing"],
  ["test_second_with_block_raises", "a runner is used in one block"],
  ["test_run_keeps_context", "several runs of a runner share a context"],
] as const) {
  notTransferable({
    area,
    id,
    says,
    because: "There is no runner to keep: a program is one call.",
  });
}
