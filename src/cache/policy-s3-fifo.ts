import { EntryList, unlink } from "./entry-list.ts";
import type { EvictionPolicy, Kept } from "./eviction-policy.ts";

/**
 * S3-FIFO: an entry has to be asked for again to stay.
 *
 * New entries go through a small line, a tenth of the capacity. Those that were hit on their way go on into
 * the main line, the others out: so what is asked for once passes through without pushing out what is asked
 * for often. A key that comes again soon after it went out goes to the main line at once. There an entry
 * goes round once more for each hit, up to three. A hit moves nothing.
 *
 * It remembers the keys that went out of the small line until they are half as many again as the entries,
 * and forgets them all then.
 *
 * As in "FIFO queues are all you need for cache eviction" (Yang and others, SOSP 2023), but that there it
 * takes two hits to get into the main line, which loses more where requests for a key come close together.
 */
export function s3Fifo(capacity: number): EvictionPolicy {
  const smallSize = capacity / 10;
  const small = new EntryList();
  const main = new EntryList();
  let count = 0;
  /** Keys that went out. Emptied at once: a Set looks for its first key behind all that it has deleted. */
  const gone = new Set<unknown>();

  return {
    admit(entry: Kept) {
      (gone.delete(entry.key) ? main : small).push(entry);
      count++;
    },

    hit(entry: Kept) {
      if (entry.mark < 3) entry.mark++;
    },

    remove(entry: Kept) {
      unlink(entry);
      count--;
    },

    victim() {
      for (;;) {
        const entry = (small.size < smallSize && main.oldest) || small.oldest;
        if (entry === undefined) return undefined;
        const isNew = entry.list === small;
        if (entry.mark === 0) {
          if (isNew) {
            if (gone.size >= count * 1.5) gone.clear();
            gone.add(entry.key);
          }
          return entry;
        }
        unlink(entry);
        entry.mark = isNew ? 0 : entry.mark - 1;
        main.push(entry);
      }
    },
  };
}
