import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withVirtualClock } from "corral/testing";
import { afterEach, describe, expect, vi } from "vitest";
import { ambientTest } from "../support/mode.ts";
import { allExamples, type Example } from "./examples.ts";

const folder = join(import.meta.dirname, ".out");

/** Makes the example a module with one function, so that it is loaded first and run later. */
function moduleOf({ code }: Example): string {
  const imports = code.match(/^import [\s\S]*?;$/gm) ?? [];
  const body = code.replaceAll(/^import [\s\S]*?;$/gm, "");
  return `${imports.join("\n")}\nexport default async function () {\n${body}\n}\n`;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("examples of the documentation (need ambient scopes)", () => {
  const examples = allExamples();
  mkdirSync(folder, { recursive: true });
  examples.forEach((example, index) => {
    ambientTest(`${example.place} runs and prints what it says`, async () => {
      const printed: string[] = [];
      vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
        printed.push(values.map(String).join(" "));
      });
      vi.stubGlobal("fetch", async () => new Response('{"name":"a page"}'));
      const file = join(folder, `example-${index}.ts`);
      writeFileSync(file, moduleOf(example));
      const { default: run } = (await import(file)) as { default: () => Promise<void> };
      if (example.code.includes('"corral/testing"')) await run();
      else await withVirtualClock(run);
      expect(printed).toEqual(example.prints);
    });
  });
});
