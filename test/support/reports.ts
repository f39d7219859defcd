import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { vi } from "vitest";
import { explicit } from "./mode.ts";
import { turn } from "./turn.ts";

function isVirtual(): boolean {
  const record = Symbol.for("corral.runtime.1");
  return (globalThis as unknown as Record<symbol, { clock?: object }>)[record]?.clock !== undefined;
}

/** What an earlier test has left to the garbage collector, which takes its time. */
const LOST =
  /^A (permit|lease) of .* was lost: it was collected and never released|: the response is garbage$/;

/**
 * What the library reports while `fn` runs, one line each; what was lost only if asked for, since that is
 * told when garbage is collected, whose ever they were. Where it finds no diagnostics channel
 * (mode `explicit`), these are the warnings that it prints, without the notes.
 */
export async function reportsDuring(
  fn: () => unknown,
  { lost = false }: { lost?: boolean } = {},
): Promise<string[]> {
  const lines: string[] = [];
  const add = (line: string): void => {
    if (lost || !LOST.test(line)) lines.push(line);
  };
  const hear = (message: unknown): void => add((message as { message: string }).message);
  const print = vi.spyOn(console, "warn").mockImplementation((line: string) => {
    add(line.replace(/^corral: /, ""));
  });
  if (!explicit) subscribe("corral", hear);
  try {
    await fn();
    // What the budget has put off is told a turn later.
    if (!isVirtual()) await turn();
  } finally {
    if (!explicit) unsubscribe("corral", hear);
    print.mockRestore();
  }
  return lines;
}
