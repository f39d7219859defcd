import { describe, expect, test } from "vitest";
import { explicit } from "../support/mode.ts";
import { compileExamples } from "./compiled.ts";

describe.skipIf(explicit)("examples of the documentation (the same in both modes)", () => {
  test("compile under the settings of the library", { timeout: 120_000 }, async () => {
    expect(await compileExamples()).toEqual([]);
  });
});
