import { expect, test } from "vitest";
import { unhandledDuring } from "../support/unhandled.ts";
import { explorationsOf } from "./explorations.ts";
import { Violation } from "./explore.ts";
import { faults } from "./faults.ts";
import { faultyLibrary } from "./library.ts";

for (const [fault, { foundBy }] of Object.entries(faults)) {
  test(`the exploration finds the fault ${fault}`, { timeout: 60_000 }, async () => {
    const library = await faultyLibrary(fault);
    const [finder] = explorationsOf(library).filter(({ name }) => name.startsWith(foundBy));
    await unhandledDuring(async () => {
      await expect(finder!.explore()).rejects.toThrow(Violation);
    });
  });
}
