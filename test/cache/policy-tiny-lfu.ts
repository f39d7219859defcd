import { EntryList, unlink } from "../../src/cache/entry-list.ts";
import type { EvictionPolicy, Kept } from "../../src/cache/eviction-policy.ts";
import { FrequencySketch } from "./frequency-sketch.ts";
import { hashOf } from "./key-hash.ts";

/**
 * W-TinyLFU (Einziger and others, 2017), to compare with: with a window of one percent, without a doorkeeper
 * and without a window that adapts.
 *
 * New entries go through the window. What leaves it gets a place in the main part only if its key was asked
 * for more often than that of the entry that would go; a sketch remembers how often, also of keys that are
 * not there. Within the main part a hit protects. Each entry has the hash of its key in `mark`.
 */
export function tinyLfu(capacity: number, windowShare = 0.01): EvictionPolicy {
  const windowSize = capacity * windowShare;
  const guardedSize = (capacity - windowSize) * 0.8;
  const window = new EntryList();
  const probation = new EntryList();
  const guarded = new EntryList();
  const sketch = new FrequencySketch();
  let count = 0;

  return {
    admit(entry: Kept) {
      entry.mark = hashOf(entry.key);
      sketch.record(entry.mark, ++count);
      // The newest is there whatever its size: it has yet to compete for a place in the main part.
      while (window.size + entry.size > windowSize && window.oldest !== undefined) {
        move(window.oldest, probation);
      }
      window.push(entry);
    },

    hit(entry: Kept) {
      sketch.record(entry.mark, count);
      move(entry, entry.list === window ? window : guarded);
      while (guarded.size > guardedSize) move(guarded.oldest!, probation);
    },

    remove(entry: Kept) {
      unlink(entry);
      count--;
    },

    victim() {
      const newcomer = window.oldest;
      const resident = probation.oldest ?? guarded.oldest;
      if (newcomer === undefined || resident === undefined) return newcomer ?? resident;
      // The window has room: nobody would leave it.
      if (window.size < windowSize) return resident;
      return sketch.estimate(newcomer.mark) > sketch.estimate(resident.mark) ? resident : newcomer;
    },
  };
}

function move(entry: Kept, list: EntryList): void {
  unlink(entry);
  list.push(entry);
}
