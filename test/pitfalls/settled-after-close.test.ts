import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ClosedError } from "corral";
import { settle } from "../contract/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { closings } from "./closings.ts";

/** How each has ended, in a word. */
async function endsOf(waits: readonly Promise<unknown>[]): Promise<string[]> {
  const ends = waits.map(() => "waits");
  waits.forEach((wait, i) => {
    wait.then(
      (value) =>
        (ends[i] = (value as { done?: boolean } | undefined)?.done
          ? "done"
          : `gave ${inspect(value)}`),
      (error: unknown) =>
        (ends[i] = error instanceof ClosedError ? "closed" : (error as Error).name),
    );
  });
  await settle();
  await settle();
  return ends;
}

describe.each(Object.entries(closings))("pitfall 3: %s", (_, [open, ...expected]) => {
  test("settles whatever waits, and whatever comes later unless another may still come", async () => {
    const { waits, close, late } = open();
    await settle();
    const ending = endsOf(waits);
    close();
    expect(await ending).toEqual(expected[0]);
    expect(await endsOf(late?.() ?? [])).toEqual(expected[1] ?? []);
  });

  test("leaves no unhandled rejection of those that nobody awaits", async () => {
    const unhandled = await unhandledDuring(async () => {
      const { close } = open();
      await settle();
      close();
      await settle();
    });
    expect(unhandled).toEqual([]);
  });
});
