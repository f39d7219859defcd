import { afterEach, describe, expect, vi } from "vitest";
import { ambientTest } from "../support/mode.ts";
import { allExamples } from "./examples.ts";
import { runExample } from "./run-example.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("examples of the documentation (need ambient scopes)", () => {
  allExamples().forEach(({ place, code, prints }, index) => {
    // A database within the process takes seconds to start.
    const timeoutMs = code.includes("pglite") ? 60_000 : 5_000;
    const run = async (): Promise<void> => {
      vi.stubGlobal("fetch", async () => new Response('{"name":"a page"}'));
      expect(await runExample(`example-${index}`, code)).toEqual(prints);
    };
    ambientTest(`${place} runs and prints what it says`, run, timeoutMs);
  });
});
