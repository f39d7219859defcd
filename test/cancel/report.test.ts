import { afterEach, expect, test, vi } from "vitest";
import { report, textOf } from "../../src/cancel/report.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test.each([
  ["no process", undefined],
  ["a process without built-in modules", {}],
  ["no such module", { getBuiltinModule: (): undefined => undefined }],
])("where there is %s, warnings are printed and notes are not", (_, process) => {
  const lines: unknown[] = [];
  vi.spyOn(console, "warn").mockImplementation((line) => lines.push(line));
  vi.stubGlobal("process", process);
  report("note", { kind: "k", message: "a note", detail: undefined });
  report("warning", { kind: "k", message: "a warning", detail: undefined });
  vi.unstubAllGlobals();
  expect(lines).toEqual(["corral: a warning"]);
});

test("what has no text is said to have none", () => {
  expect(textOf(Object.create(null))).toBe("something that has no text");
  expect(textOf(new Error("no"))).toBe("Error: no");
});
