import { checkMs, isThenable, seen } from "../internal/arguments.ts";
import type { CacheDump } from "./async-lru-options.ts";
import { tagsIn } from "./cache-tags.ts";
import { checkSize } from "./memo-options.ts";

const RESTORE = "restore a cache";

/** @throws {TypeError | RangeError} If it is not what `dump()` gives. */
export function checkDump(dump: CacheDump<unknown, unknown>): void {
  if (!Array.isArray((dump as Partial<typeof dump> | null | undefined)?.entries)) {
    throw new TypeError(
      `Cannot ${RESTORE}: "dump" must be what dump() gives, received ${seen(dump)}`,
    );
  }
  checkMs(RESTORE, "at", dump.at);
  for (const entry of dump.entries) {
    if (typeof entry !== "object" || entry === null) {
      throw new TypeError(`Cannot ${RESTORE}: "entries" must be objects, received ${seen(entry)}`);
    }
    if (isThenable(entry.value)) {
      throw new TypeError(`Cannot ${RESTORE}: "value" must be no promise, received a promise`);
    }
    const { leftMs = Infinity, size = 1, tags = [] } = entry;
    checkMs(RESTORE, "leftMs", leftMs);
    checkSize(RESTORE, size);
    tagsIn(RESTORE, tags);
  }
}
