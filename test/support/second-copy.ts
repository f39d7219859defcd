import { vi } from "vitest";
import type * as Corral from "../../src/index.ts";
import type * as CorralTesting from "../../src/testing/index.ts";

export interface Copy {
  readonly library: typeof Corral;
  readonly testing: typeof CorralTesting;
}

/**
 * The library as another package of the process has loaded it: with classes of its own. (In a page
 * there is another file in this one's place.)
 */
export async function secondCopy(): Promise<Copy> {
  vi.resetModules();
  const library = await import("../../src/index.ts");
  const testing = await import("../../src/testing/index.ts");
  vi.resetModules();
  return { library, testing };
}
