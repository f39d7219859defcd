// Options that are none, and signals that are none.
import { inspect } from "node:util";
import { expect } from "vitest";
import { contract } from "./contract.ts";
import type { Line } from "./line.ts";
import { settle } from "./settle.ts";

const noOptions = [null, 5, "text", true, Symbol("none"), () => {}, new AbortController().signal];
const noSignals = [
  null,
  5,
  "abort",
  {},
  { aborted: true },
  new AbortController(),
  new EventTarget(),
];

/** What a call fails with: thrown or rejected, and whether it has done something all the same. */
async function refusalOf(
  line: Line,
  options: unknown,
): Promise<{ error: unknown; threw: boolean; entered: boolean }> {
  let entered = false;
  let threw = true;
  let error: unknown;
  try {
    const called = line.call(options as never, () => (entered = true));
    threw = false;
    await called;
  } catch (thrown) {
    error = thrown;
  }
  await settle();
  return { error, threw, entered };
}

contract((method, it) => {
  const given = method.optionsOf === undefined ? "rejects" : `throws in ${method.optionsOf}()`;
  const keeps = method.gives === "unit" || method.gives === "opening";

  for (const state of keeps ? ["has to wait", "need not wait"] : ["has to wait"]) {
    const prepare = async (line: Line): Promise<void> => {
      if (state === "need not wait") line.wake();
      await settle();
    };

    it(`${given} with a TypeError for options that are none, where it ${state}`, async (line) => {
      await prepare(line);
      const free = line.free?.();
      for (const options of noOptions) {
        const { error, threw, entered } = await refusalOf(line, options);
        expect(error, inspect(options)).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(
          /^Cannot .+: "options" must be an object, received /,
        );
        expect([threw, entered]).toEqual([method.optionsOf !== undefined, false]);
        expect([line.waiting(), line.free?.()]).toEqual([0, free]);
      }
    });

    it(`refuses a signal that is none with a TypeError, where it ${state}`, async (line) => {
      await prepare(line);
      const free = line.free?.();
      for (const signal of noSignals) {
        const { error, threw, entered } = await refusalOf(line, { signal });
        expect(error, inspect(signal)).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(
          /^Cannot .+: "signal" must be an AbortSignal, received /,
        );
        // Options that are kept for later are looked at when they are needed.
        if (method.optionsOf === undefined) expect(threw).toBe(false);
        expect([entered, line.waiting(), line.free?.()]).toEqual([false, 0, free]);
      }
    });
  }

  it("takes no offence at a signal that is undefined, and changes no options", async (line) => {
    const options = Object.freeze({ signal: undefined });
    const entered: string[] = [];
    line.call(options, () => entered.push("a")).catch(() => {});
    await settle();
    expect(line.waiting()).toBe(1);
    line.wake();
    await settle();
    expect(entered).toEqual(["a"]);
  });
});
