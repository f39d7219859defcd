import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { vi } from "vitest";
import { explicit } from "./mode.ts";
import { turn } from "./turn.ts";

function isVirtual(): boolean {
  const record = Symbol.for("corral.runtime.1");
  return (globalThis as unknown as Record<symbol, { clock?: object }>)[record]?.clock !== undefined;
}

/**
 * What the library reports while `fn` runs, one line each. Where it finds no diagnostics channel
 * (mode `explicit`), these are the warnings that it prints, without the notes.
 */
export async function reportsDuring(fn: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const hear = (message: unknown): void =>
    void lines.push((message as { message: string }).message);
  const print = vi.spyOn(console, "warn").mockImplementation((line: string) => {
    lines.push(line.replace(/^corral: /, ""));
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
