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
    ambientTest(`${place} runs and prints what it says`, async () => {
      vi.stubGlobal("fetch", async () => new Response('{"name":"a page"}'));
      expect(await runExample(`example-${index}`, code)).toEqual(prints);
    });
  });
});
